//! Weighs offers by how well the model thinks that their sentences follow the text.

use super::gguf::{Gguf, malformed};
use super::goals::NOTHING;
use super::prompt::{NEUTRAL, Prompt, answer, request};
use super::retrieve::{Offer, offers};
use super::{KvCache, ModelError, Rows, Shape, Tokenizer, Transformer, Trie};
use crate::home::HomeView;
use crate::intent::{By, Context, Question, Understanding};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

/// Settings of the language model.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Whether a language model reads what the sentence grammar does not know.
    pub enabled: bool,
    /// A name from `sotto models list`, or the path of a GGUF file.
    pub model: String,
    /// The longest that one text may take, in ms; 50..=60000. What would take longer is weighed less
    /// thoroughly or declined.
    pub deadline_ms: u64,
    /// How sure the model must be to act, 0.0..=1.0; below it the text is declined.
    pub min_confidence: f32,
    /// The longest text that is read, in tokens; 8..=512. Longer ones are declined.
    pub max_tokens: usize,
    /// How many commands are weighed against each other at most; 2..=64.
    pub max_offers: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            model: "smollm2-135m-instruct".into(),
            deadline_ms: 3_000,
            min_confidence: 0.5,
            max_tokens: 48,
            max_offers: 12,
        }
    }
}

/// An offer with what the model thinks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The offer; `None` is doing nothing.
    pub offer: Option<Offer>,
    /// Probability among what was offered, 0.0..=1.0.
    pub probability: f32,
    /// Score in nats, after calibration.
    pub score: f32,
}

/// A language model with its prompt read.
#[derive(Debug)]
pub struct LanguageModel {
    tokenizer: Tokenizer,
    transformer: Transformer,
    cache: KvCache,
    prompt: Prompt,
    config: ModelConfig,
    /// Tokens of the prefix, which stay in the cache.
    prefix: usize,
    /// What a sentence scores after neutral texts.
    anyway: HashMap<String, f32>,
    /// How long a row takes, in ms, as measured last.
    row_ms: f32,
}

/// The most rows of one request: the text and the tree of what is offered.
const MAX_ROWS: usize = 1024;
/// The most sentences whose calibration is remembered.
const MAX_REMEMBERED: usize = 4096;

impl LanguageModel {
    /// Loads a GGUF file and reads the prompt.
    ///
    /// # Errors
    /// [`ModelError::Read`], [`ModelError::Malformed`] or [`ModelError::Unsupported`] with the file's
    /// name and what is wrong with it.
    pub fn load(path: &Path, config: &ModelConfig) -> Result<Self, ModelError> {
        let mut gguf = Gguf::open(path)?;
        let prompt = Prompt::from_gguf(&gguf).unwrap_or_else(Prompt::stock);
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let transformer = Transformer::load(&mut gguf)?;
        if tokenizer.vocabulary() > transformer.shape().vocabulary {
            return Err(malformed(path, "it has more tokens than embeddings"));
        }
        let mut tokens: Vec<_> = tokenizer.begin().into_iter().collect();
        tokens.extend(tokenizer.encode(&prompt.prefix)?);
        let cache = KvCache::new(transformer.shape(), tokens.len() + MAX_ROWS)?;
        let mut model = Self {
            tokenizer,
            transformer,
            cache,
            prompt,
            config: config.clone(),
            prefix: 0,
            anyway: HashMap::new(),
            row_ms: 1.0,
        };
        if !tokens.is_empty() {
            let started = Instant::now();
            model.transformer.forward(&mut model.cache, &Rows::text(&tokens))?;
            model.row_ms = started.elapsed().as_secs_f32() * 1e3 / tokens.len() as f32;
        }
        model.prefix = model.cache.len();
        Ok(model)
    }

    /// Sizes of the model.
    pub fn shape(&self) -> &Shape {
        self.transformer.shape()
    }

    /// Changes how texts are put to the model; for measuring.
    pub fn prompt_mut(&mut self) -> &mut Prompt {
        &mut self.prompt
    }

    /// Computes once what is needed for this home's sentences, so that the first text is not slower
    /// than the others.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn prepare(&mut self, view: &HomeView) -> Result<(), ModelError> {
        let mut sentences = vec![NOTHING.to_owned()];
        let contexts = view.areas.iter().map(|a| Some(a.name.clone())).chain([None]);
        for area in contexts.take(32) {
            let context = Context { area, ..Context::default() };
            sentences.extend(offers(view, "", &context, true, 64).into_iter().map(|o| o.sentence));
        }
        sentences.sort();
        sentences.dedup();
        sentences.truncate(128);
        self.calibrate(&sentences)?;
        self.score("are you there", &sentences.into_iter().take(8).collect::<Vec<_>>())?;
        Ok(())
    }

    /// Reads a text that the grammar does not know. `None`: it is no request to this home, or the
    /// model is not sure.
    ///
    /// # Errors
    /// [`ModelError::Tokenize`] and [`ModelError::Compute`], which mean a broken model.
    pub fn understand(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
    ) -> Result<Option<Understanding>, ModelError> {
        let weighed = self.weigh(view, text, context)?;
        let Some(best) = weighed.into_iter().next() else { return Ok(None) };
        if best.probability < self.config.min_confidence {
            return Ok(None);
        }
        let Some(offer) = best.offer else { return Ok(None) };
        let mut understanding =
            Understanding { by: Some(By::Model), confidence: best.probability, ..Understanding::default() };
        if offer.which.is_empty() {
            understanding.commands.push(offer.command);
        } else {
            understanding.question =
                Some(Question::Which { options: offer.which, commands: vec![offer.command], index: 0 });
        }
        Ok(Some(understanding))
    }

    /// All that is offered for a text, doing nothing among it, the most probable first. Empty when
    /// nothing in the text speaks for a request, or it is too long or too slow to weigh.
    pub fn weigh(
        &mut self,
        view: &HomeView,
        text: &str,
        context: &Context,
    ) -> Result<Vec<Weighed>, ModelError> {
        let english = context.language.is_empty() || context.language.starts_with("en");
        if !english {
            return Ok(Vec::new());
        }
        let started = Instant::now();
        let mut offers = offers(view, text, context, self.prompt.open, self.config.max_offers);
        let length = self.tokenizer.encode_plain(text)?.len();
        if offers.is_empty() || length > self.config.max_tokens {
            return Ok(Vec::new());
        }
        // About five rows for each sentence; those with the fewest cues go first when time is short.
        let affordable = self.config.deadline_ms as f32 / self.row_ms.max(0.01);
        let most = ((affordable - length as f32) / 5.0).max(0.0) as usize;
        offers.truncate(most);
        if offers.is_empty() {
            tracing::warn!("the language model is too slow for its deadline");
            return Ok(Vec::new());
        }
        let mut sentences: Vec<_> = offers.iter().map(|o| o.sentence.clone()).collect();
        sentences.push(NOTHING.to_owned());
        if self.prompt.calibration > 0.0 {
            self.calibrate(&sentences)?;
        }
        let scores = self.score(text, &sentences)?;
        let mut weighed = Vec::with_capacity(scores.len());
        let choices = offers.into_iter().map(Some).chain([None]);
        for ((offer, sentence), score) in choices.zip(&sentences).zip(scores) {
            let anyway = self.anyway.get(sentence).copied().unwrap_or(0.0);
            let extra = match &offer {
                Some(offer) => self.prompt.cue * offer.cues as f32,
                None => self.prompt.nothing,
            };
            let score = score - self.prompt.calibration * anyway + extra;
            weighed.push(Weighed { offer, probability: 0.0, score });
        }
        weighed.sort_by(|a, b| b.score.total_cmp(&a.score));
        let best = weighed.first().map_or(0.0, |w| w.score);
        let sum: f32 = weighed.iter().map(|w| (w.score - best).exp()).sum();
        weighed.iter_mut().for_each(|w| w.probability = (w.score - best).exp() / sum);
        tracing::debug!(
            ms = started.elapsed().as_millis() as u64,
            best = weighed.first().and_then(|w| w.offer.as_ref()).map_or(NOTHING, |o| &o.sentence),
            "weighed {} sentences",
            weighed.len()
        );
        Ok(weighed)
    }

    /// How probable each sentence is after the text: the logarithm, in nats.
    fn score(&mut self, text: &str, sentences: &[String]) -> Result<Vec<f32>, ModelError> {
        let text = self.tokenizer.encode_plain(&request(text))?;
        let answers = sentences.iter().map(|s| self.tokenizer.encode_plain(&answer(s)));
        let trie = Trie::new(&text, &answers.collect::<Result<Vec<_>, _>>()?);
        let started = Instant::now();
        self.cache.truncate(self.prefix);
        let hidden = self.transformer.forward(&mut self.cache, trie.rows())?;
        self.cache.truncate(self.prefix);
        let first = text.len().saturating_sub(1);
        let rows = trie.rows().len();
        let logits = hidden.narrow(0, first, rows - first).map_err(ModelError::Compute)?;
        let logits = self.transformer.logits(&logits)?;
        let logits: Vec<Vec<f32>> = logits.to_vec2().map_err(ModelError::Compute)?;
        let totals: Vec<f32> = logits.iter().map(|row| log_sum_exp(row)).collect();
        let step = |(row, token): &(usize, u32)| {
            let row = row - first;
            let logit = logits.get(row).and_then(|l| l.get(*token as usize));
            logit.zip(totals.get(row)).map_or(f32::NEG_INFINITY, |(l, total)| l - total)
        };
        let scores = trie.paths().iter().map(|path| path.iter().map(step).sum()).collect();
        self.row_ms = started.elapsed().as_secs_f32() * 1e3 / rows as f32;
        Ok(scores)
    }

    /// Remembers how probable sentences are after neutral texts.
    fn calibrate(&mut self, sentences: &[String]) -> Result<(), ModelError> {
        if self.anyway.len() + sentences.len() > MAX_REMEMBERED {
            self.anyway.clear();
        }
        let new: Vec<_> = sentences.iter().filter(|s| !self.anyway.contains_key(*s)).cloned().collect();
        for some in new.chunks(32) {
            let mut sums = vec![0.0; some.len()];
            for text in NEUTRAL {
                let scores = self.score(text, some)?;
                sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
            }
            for (sentence, sum) in some.iter().zip(sums) {
                self.anyway.insert(sentence.clone(), sum / NEUTRAL.len() as f32);
            }
        }
        Ok(())
    }
}

fn log_sum_exp(row: &[f32]) -> f32 {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    max + row.iter().map(|x| (x - max).exp()).sum::<f32>().ln()
}
