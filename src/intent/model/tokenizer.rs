//! The tokenizer that a GGUF file carries: byte-level BPE (`tokenizer.ggml.model` = `gpt2`).

use super::ModelError;
use super::gguf::{Gguf, malformed};
use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior};

/// How texts are cut before merging, by `tokenizer.ggml.pre`.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Token types of the file that stand for themselves: control and user-defined.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// Text to token ids and back.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    vocabulary: usize,
    end: Vec<u32>,
    begin: Option<u32>,
}

impl Tokenizer {
    /// Builds the tokenizer from the file's metadata.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] for other kinds of tokenizer, [`ModelError::Malformed`] when
    /// the lists do not fit together.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, ModelError> {
        let path = gguf.path();
        let kind = gguf.text("tokenizer.ggml.model")?;
        if kind != "gpt2" {
            let what = format!("its tokenizer is `{kind}`; byte-level BPE (`gpt2`) is known");
            return Err(ModelError::Unsupported { path: path.to_owned(), what });
        }
        let tokens = gguf.texts("tokenizer.ggml.tokens")?;
        let mut merges = Vec::new();
        for merge in gguf.texts("tokenizer.ggml.merges")? {
            let Some((left, right)) = merge.split_once(' ') else {
                return Err(malformed(path, format!("merge `{merge}` is not two pieces")));
            };
            merges.push((left.to_owned(), right.to_owned()));
        }
        let vocabulary: tokenizers::models::bpe::Vocab =
            tokens.iter().zip(0u32..).map(|(t, i)| ((*t).to_owned(), i)).collect();
        let broken = |e: tokenizers::Error| malformed(path, format!("tokenizer: {e}"));
        let model: tokenizers::ModelWrapper =
            BPE::builder().vocab_and_merges(vocabulary, merges).build().map_err(broken)?.into();
        let mut inner = tokenizers::Tokenizer::new(model);
        inner.with_pre_tokenizer(Some(pre_tokenizer(gguf).map_err(broken)?));
        inner.with_decoder(Some(ByteLevel::new(false, true, true)));
        let special = special_tokens(gguf, &tokens);
        inner.add_special_tokens(special).map_err(broken)?;
        let id = |key: &str| {
            let id = gguf.number(key)? as u32;
            ((id as usize) < tokens.len()).then_some(id)
        };
        let mut end: Vec<_> = id("tokenizer.ggml.eos_token_id").into_iter().collect();
        end.extend(["<|im_end|>", "<|endoftext|>"].iter().filter_map(|t| inner.token_to_id(t)));
        end.sort_unstable();
        end.dedup();
        let adds_begin =
            matches!(gguf.metadata().get("tokenizer.ggml.add_bos_token"), Some(Value::Bool(true)));
        let begin = if adds_begin { id("tokenizer.ggml.bos_token_id") } else { None };
        Ok(Self { inner, vocabulary: tokens.len(), end, begin })
    }

    /// How many tokens there are.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// The tokens that end an answer.
    pub fn end(&self) -> &[u32] {
        &self.end
    }

    /// The token that begins every text, if this model wants one.
    pub fn begin(&self) -> Option<u32> {
        self.begin
    }

    /// The id of a token by its text in the file, such as `<|im_start|>`.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// Token ids of a text; special tokens in it are recognised.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self.inner.encode_fast(text, false);
        Ok(encoding.map_err(|e| ModelError::Tokenize(e.to_string()))?.get_ids().to_vec())
    }

    /// Token ids of a text said by a person: special tokens in it are cut like any other text, so
    /// that nobody can speak them.
    pub fn encode_plain(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let harmless: String = text.replace("<|", "< |");
        self.encode(&harmless)
    }

    /// The text of tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, ModelError> {
        self.inner.decode(ids, false).map_err(|e| ModelError::Tokenize(e.to_string()))
    }
}

fn pre_tokenizer(gguf: &Gguf) -> Result<PreTokenizerWrapper, tokenizers::Error> {
    let split = |pattern: &str| -> Result<PreTokenizerWrapper, tokenizers::Error> {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
        let bytes = ByteLevel::new(false, true, false);
        Ok(Sequence::new(vec![split.into(), bytes.into()]).into())
    };
    match gguf.text("tokenizer.ggml.pre").unwrap_or("default") {
        "qwen2" | "deepseek-r1-qwen" => split(QWEN2),
        "llama-bpe" | "llama3" | "llama-v3" => split(LLAMA3),
        "smollm" => {
            let digits = Digits::new(true);
            let bytes = ByteLevel::new(false, true, true);
            Ok(Sequence::new(vec![digits.into(), bytes.into()]).into())
        }
        _ => Ok(ByteLevel::new(false, true, true).into()),
    }
}

fn special_tokens(gguf: &Gguf, tokens: &[&str]) -> Vec<AddedToken> {
    let Some(Value::Array(kinds)) = gguf.metadata().get("tokenizer.ggml.token_type") else {
        return Vec::new();
    };
    let marked = tokens.iter().zip(kinds).filter(|(_, kind)| {
        let kind = kind.to_i32().map(i64::from).or_else(|_| kind.to_u64().map(|x| x as i64));
        matches!(kind, Ok(CONTROL | USER_DEFINED))
    });
    marked.map(|(token, _)| AddedToken::from(*token, true)).collect()
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer").field("vocabulary", &self.vocabulary).finish_non_exhaustive()
    }
}
