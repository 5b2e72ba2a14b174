//! The tokens of a Whisper, from whichever file a faster-whisper folder has.
//!
//! `vocabulary.txt` has a token a line, `vocabulary.json` a list, `tokenizer.json` a map from token to number.
//! All three write bytes in the byte-level alphabet of GPT-2; ggml wants the bytes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::ImportError;

/// The files that may hold a vocabulary, best first.
pub const FILES: [&str; 3] = ["vocabulary.txt", "vocabulary.json", "tokenizer.json"];

/// Reads the first `count` tokens as bytes, in the order of their numbers.
///
/// # Errors
/// [`ImportError::Read`] where the file cannot be read; [`ImportError::Format`] where it has another shape, too
/// few tokens, or a character that the byte-level alphabet does not have.
pub fn read(path: &Path, count: usize) -> Result<Vec<Vec<u8>>, ImportError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let wrong = |reason: String| ImportError::Format { path: path.to_owned(), reason };
    let tokens = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => from_json(&text).map_err(wrong)?,
        _ => text.strip_suffix('\n').unwrap_or(&text).split('\n').map(str::to_owned).collect(),
    };
    if tokens.len() < count {
        return Err(wrong(format!("it has {} tokens, the model needs {count}", tokens.len())));
    }
    let alphabet = byte_alphabet();
    tokens
        .iter()
        .take(count)
        .map(|token| {
            let bytes = token.chars().map(|c| alphabet.get(&c).copied()).collect::<Option<Vec<u8>>>();
            bytes.ok_or_else(|| wrong(format!("the token \"{token}\" is not in the byte-level alphabet")))
        })
        .collect()
}

/// The vocabulary file of a folder.
///
/// # Errors
/// [`ImportError::NoVocabulary`] when it has none.
pub fn find(folder: &Path) -> Result<PathBuf, ImportError> {
    FILES
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| ImportError::NoVocabulary { folder: folder.to_owned() })
}

fn from_json(text: &str) -> Result<Vec<String>, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if let Some(list) = json.as_array() {
        let token = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        return list
            .iter()
            .map(token)
            .collect::<Option<_>>()
            .ok_or("a token in the list is no text".to_owned());
    }
    let map = json
        .pointer("/model/vocab")
        .and_then(serde_json::Value::as_object)
        .ok_or("it is neither a list of tokens nor has it /model/vocab")?;
    let mut tokens = vec![None; map.len()];
    for (token, number) in map {
        let place = number.as_u64().and_then(|n| usize::try_from(n).ok()).and_then(|n| tokens.get_mut(n));
        *place.ok_or_else(|| format!("the token \"{token}\" has the number {number}"))? = Some(token.clone());
    }
    tokens.into_iter().collect::<Option<_>>().ok_or("two tokens have the same number".to_owned())
}

/// GPT-2's byte-level alphabet: printable bytes stand for themselves, the others for U+0100 onwards.
fn byte_alphabet() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut others = 0x100_u32..;
    (0..=u8::MAX)
        .filter_map(|byte| match printable(byte) {
            true => Some((char::from(byte), byte)),
            false => others.next().and_then(char::from_u32).map(|c| (c, byte)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_of_one_vocabulary_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let txt = write("vocabulary.txt", "!\nĠthe\n\nĊ\n");
        let list = write("vocabulary.json", r#"["!", "Ġthe", "", "Ċ"]"#);
        let map = write("tokenizer.json", r#"{"model": {"vocab": {"Ċ": 3, "": 2, "Ġthe": 1, "!": 0}}}"#);
        let expected = vec![b"!".to_vec(), b" the".to_vec(), Vec::new(), b"\n".to_vec()];
        for path in [txt, list, map] {
            assert_eq!(read(&path, 4).unwrap(), expected, "{}", path.display());
        }
    }

    #[test]
    fn every_byte_has_one_character() {
        let alphabet = byte_alphabet();
        assert_eq!(alphabet.len(), 256);
        assert_eq!(alphabet[&'Ġ'], b' ');
    }

    #[test]
    fn too_few_tokens_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocabulary.txt");
        std::fs::write(&path, "a\nb\n").unwrap();
        assert!(read(&path, 3).unwrap_err().to_string().contains("has 2 tokens"));
    }
}
