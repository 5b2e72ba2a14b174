//! One loaded model, kept warm.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, WhisperTokenId,
};

use super::decode::{self, Decoded, Task};
use super::vocabulary::Vocabulary;
use super::{SttConfig, SttError, Token, Transcript, gate, pieces};
use crate::audio::SAMPLE_RATE;
use crate::models::whisper::ggml;

/// Positions of the encoder a second.
const POSITIONS_A_SECOND: usize = 50;
/// Positions of the whole window.
const WHOLE_WINDOW: usize = ggml::AUDIO_POSITIONS as usize;
/// Window sizes are rounded up to this many positions: whisper.cpp is quickest on whole blocks.
const POSITION_STEP: usize = 64;
/// Threads of a decoder's step. Its products are small and its threads wait for one another in a spin: a
/// second thread saves 5 ms of a command in an idle machine and costs seconds where another program wants the
/// core.
const DECODER_THREADS: usize = 1;
/// A fast talker's tokens a second, and what every utterance may have besides.
const TOKENS_A_SECOND: f32 = 8.0;
const TOKENS_BESIDES: usize = 8;
/// Most tokens of a hint; it costs time like text.
const LONGEST_PROMPT: usize = 120;
/// Letters that a token of a name has, about.
const LETTERS_A_TOKEN: usize = 4;
/// A second try hears this much more silence, in positions, and no less than the second: 8 s.
const WIDER: usize = 192;
const STOCK_WINDOW: usize = 448;
/// Window for weights of which nothing is known, in ms.
const UNKNOWN_WINDOW_MS: u32 = 8_000;
/// Shortest sound that is shown to the model, in samples; silence fills shorter ones up.
const SHORTEST: usize = SAMPLE_RATE as usize / 2;
/// "Nobody speaks" above this, with a confidence below the second: no text.
const NO_SPEECH: f32 = 0.6;
const SURE: f32 = 0.7;
/// Below this confidence there is no text, whatever the model says.
const NEVER_BELOW: f32 = 0.25;

/// What the recognizer may expect.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hints {
    /// Words that are likely, as a sentence or a list; the end counts most.
    pub prompt: Option<String>,
    /// BCP 47 tag of the language; none: the configuration's.
    pub language: Option<String>,
}

/// Names as a prompt, for [`Hints`]; what comes first is kept longest when there are too many.
pub fn prompt_of<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut listed: Vec<&str> = Vec::new();
    let mut letters = 0;
    for name in names {
        letters += name.len() + 2;
        if letters > LONGEST_PROMPT * LETTERS_A_TOKEN {
            break;
        }
        if !listed.contains(&name) {
            listed.push(name);
        }
    }
    (!listed.is_empty()).then(|| format!("{}.", listed.join(", ")))
}

/// Whisper, loaded once. Recognition needs no allocation of the model and no other thread's state.
pub struct Recognizer {
    path: PathBuf,
    context: WhisperContext,
    state: WhisperState,
    vocabulary: Vocabulary,
    languages: Vec<(String, WhisperTokenId)>,
    config: SttConfig,
    abandoned: Arc<AtomicBool>,
}

/// Tells a recognition, from another thread, that nobody waits for it any more.
#[derive(Debug, Clone)]
pub struct Abandon(Arc<AtomicBool>);

impl Abandon {
    /// Ends the recognition that is running: its text is empty. It returns after the step that it is in: one run of
    /// the encoder or one token. Without one running, the next ends at once unless [`Self::forget`] comes first.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets the next recognition run.
    pub fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Recognizer {
    /// Loads a ggml file and hears half a second of silence, so that the first utterance finds it warm.
    ///
    /// # Errors
    /// [`SttError::Model`] where the file is corrupt, [`SttError::Load`] where whisper.cpp cannot load it,
    /// [`SttError::Language`] where it does not know the configured language.
    pub fn load(path: &Path, config: &SttConfig) -> Result<Self, SttError> {
        // whisper.cpp writes to stderr otherwise.
        whisper_rs::install_logging_hooks();
        ggml::check(path)?;
        let failed =
            |e: whisper_rs::WhisperError| SttError::Load { path: path.into(), reason: e.to_string() };
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(false).flash_attn(false);
        let context = WhisperContext::new_with_params(path, parameters).map_err(failed)?;
        let state = context.create_state().map_err(failed)?;
        let vocabulary = Vocabulary::new(&context);
        let languages = languages(&context, &vocabulary);
        let mut recognizer = Self {
            path: path.into(),
            context,
            state,
            vocabulary,
            languages,
            config: config.clone(),
            abandoned: Arc::default(),
        };
        recognizer.language(&config.language)?;
        recognizer.encode(&[0.0; SHORTEST], recognizer.window(SHORTEST))?;
        Ok(recognizer)
    }

    /// The file that was loaded.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A handle by which another thread ends a recognition early.
    pub fn abandon(&self) -> Abandon {
        Abandon(self.abandoned.clone())
    }

    /// Hears one utterance: 16 kHz mono samples in −1.0..=1.0. Sounds of more than 28 s are cut at pauses.
    ///
    /// The text is empty for silence, noise and loops, and for what was abandoned. Time is bounded by the
    /// configured limit for each 28 s, plus one step of the encoder.
    ///
    /// # Errors
    /// [`SttError::Language`] for a hint that the model does not know, [`SttError::Whisper`] where whisper.cpp
    /// fails.
    pub fn transcribe(&mut self, samples: &[f32], hints: &Hints) -> Result<Transcript, SttError> {
        let begun = Instant::now();
        let language = self.language(hints.language.as_deref().unwrap_or(&self.config.language))?;
        let prompt = self.prompt(hints)?;
        let mut heard = Vec::new();
        for piece in pieces::cut(samples) {
            let piece = samples.get(piece).unwrap_or_default();
            if gate::may_be_speech(piece) && !self.is_abandoned() {
                heard.extend(self.hear(piece, &prompt, language)?);
            }
        }
        if self.is_abandoned() {
            heard.clear();
        }
        Ok(self.transcript(&heard, samples.len(), begun))
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// A piece of at most 28 s; nothing where nobody speaks or the decoder lost its way.
    fn hear(
        &mut self,
        samples: &[f32],
        prompt: &[WhisperTokenId],
        language: Option<WhisperTokenId>,
    ) -> Result<Option<Decoded>, SttError> {
        let deadline = Instant::now() + Duration::from_millis(self.config.time_limit_ms.into());
        let seconds = samples.len() as f32 / SAMPLE_RATE as f32;
        let limit = (seconds * TOKENS_A_SECOND) as usize + TOKENS_BESIDES;
        let all: Vec<_> = self.languages.iter().map(|(_, token)| *token).collect();
        let window = self.window(samples.len());
        let wide = (window + WIDER).max(STOCK_WINDOW).min(WHOLE_WINDOW);
        for window in [window, wide] {
            let begun = Instant::now();
            self.encode(samples, window)?;
            let encoded = Instant::now();
            if self.is_abandoned() {
                return Ok(None);
            }
            let task = Task {
                prompt,
                language,
                languages: &all,
                limit,
                deadline,
                abandoned: &self.abandoned,
                threads: DECODER_THREADS,
                prompt_threads: self.config.thread_count(),
            };
            let decoded = decode::greedy(&mut self.state, &self.vocabulary, &task)?;
            let confidence = decoded.confidence();
            tracing::debug!(
                window,
                encoder_ms = (encoded - begun).as_millis() as u64,
                decoder_ms = encoded.elapsed().as_millis() as u64,
                confidence,
                no_speech = decoded.no_speech,
                looped = decoded.looped,
                tokens = decoded.tokens.len(),
                "heard"
            );
            if decoded.no_speech > NO_SPEECH && confidence < SURE {
                return Ok(None);
            }
            let unsure = decoded.looped || confidence < self.config.again_below;
            if unsure && window < wide && Instant::now() < deadline {
                continue;
            }
            let good = !decoded.looped && confidence >= NEVER_BELOW && !decoded.tokens.is_empty();
            return Ok(good.then_some(decoded));
        }
        Ok(None)
    }

    fn transcript(&self, heard: &[Decoded], samples: usize, begun: Instant) -> Transcript {
        let ids: Vec<_> = heard.iter().flat_map(|d| &d.tokens).collect();
        // A character may be spread over several tokens: bytes are joined first.
        let mut bytes = Vec::new();
        for piece in heard {
            if !bytes.is_empty() {
                bytes.push(b' ');
            }
            for (id, _) in &piece.tokens {
                bytes.extend(self.context.token_to_bytes(*id).unwrap_or_default());
            }
        }
        let text = String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ");
        let logs: f32 = heard.iter().map(|d| d.confidence().max(1e-6).ln() * d.tokens.len() as f32).sum();
        let confidence = if ids.is_empty() { 0.0 } else { (logs / ids.len() as f32).exp() };
        let spoken = heard.iter().find_map(|d| d.language);
        let language = self.languages.iter().find(|(_, token)| Some(*token) == spoken);
        Transcript {
            text,
            confidence,
            tokens: ids
                .iter()
                .map(|(id, probability)| Token {
                    text: self.context.token_to_str_lossy(*id).map(Into::into).unwrap_or_default(),
                    probability: *probability,
                })
                .collect(),
            language: language.map_or("en", |(name, _)| name).to_owned(),
            in_grammar: false,
            audio_ms: samples as u64 * 1000 / u64::from(SAMPLE_RATE),
            compute_ms: begun.elapsed().as_millis() as u64,
        }
    }

    /// The window for a sound of this many samples, in positions of the encoder.
    fn window(&self, samples: usize) -> usize {
        let padding = self.config.padding_ms as usize * SAMPLE_RATE as usize / 1000;
        // Nobody said which weights these are: stock ones bear no less.
        let least = if self.config.window_ms == 0 { UNKNOWN_WINDOW_MS } else { self.config.window_ms };
        let least = least as usize * SAMPLE_RATE as usize / 1000;
        let heard = (samples + padding).max(least);
        let positions = (heard * POSITIONS_A_SECOND).div_ceil(SAMPLE_RATE as usize);
        positions.next_multiple_of(POSITION_STEP).min(WHOLE_WINDOW)
    }

    fn encode(&mut self, samples: &[f32], window: usize) -> Result<(), SttError> {
        let mut padded = Vec::new();
        let samples = if samples.len() < SHORTEST {
            padded.extend_from_slice(samples);
            padded.resize(SHORTEST, 0.0);
            &padded
        } else {
            samples
        };
        let threads = self.config.thread_count();
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_n_threads(threads as i32);
        parameters.set_audio_ctx(window as i32);
        parameters.set_no_context(true);
        parameters.set_print_progress(false);
        // The whole run is the only call that sets the window. On 100 ms it computes the spectrogram of all
        // samples, sets the window, and stops before the encoder.
        parameters.set_duration_ms(100);
        self.state.full(parameters, samples)?;
        self.state.encode(0, threads)?;
        Ok(())
    }

    fn prompt(&self, hints: &Hints) -> Result<Vec<WhisperTokenId>, SttError> {
        let Some(text) = hints.prompt.as_deref().map(str::trim).filter(|t| !t.is_empty()) else {
            return Ok(Vec::new());
        };
        // whisper.cpp reads C strings; a zero would end it.
        let text = format!(" {}", text.replace('\0', " "));
        // No text has more tokens than bytes.
        let tokens = self.context.tokenize(&text, text.len() + 1)?;
        Ok(tokens.get(tokens.len().saturating_sub(LONGEST_PROMPT)..).unwrap_or_default().to_vec())
    }

    /// The token of a BCP 47 tag; `None` where the model only knows English, or is to decide.
    fn language(&self, tag: &str) -> Result<Option<WhisperTokenId>, SttError> {
        let wrong = |hint| SttError::Language { path: self.path.clone(), language: tag.into(), hint };
        let primary = tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
        if !self.vocabulary.multilingual {
            return match primary.as_str() {
                "en" | "auto" => Ok(None),
                _ => Err(wrong("it knows English only: choose a multilingual model such as whisper-base")),
            };
        }
        if primary == "auto" {
            return Ok(None);
        }
        let known = self.languages.iter().find(|(name, _)| *name == primary);
        known.map(|(_, token)| Some(*token)).ok_or_else(|| wrong("no Whisper knows that language tag"))
    }
}

fn languages(context: &WhisperContext, vocabulary: &Vocabulary) -> Vec<(String, WhisperTokenId)> {
    if !vocabulary.multilingual {
        return Vec::new();
    }
    (0..=whisper_rs::get_lang_max_id())
        .map(|id| (id, context.token_lang(id)))
        .filter(|(_, token)| *token < context.token_translate())
        .filter_map(|(id, token)| whisper_rs::get_lang_str(id).map(|name| (name.to_owned(), token)))
        .collect()
}
