//! The file that `models/wake` trains.
//!
//! Little endian: `SOTTOWAK`; u32 version, 1; u32 length of a JSON header; the header; f32 weights; u32 CRC-32 (IEEE, as in
//! zip) of everything before it. The header:
//! `{"words": [{"word": "computer", "thresholds": [low, medium, high]}], "channels": C, "first": F, "kernel": K,
//! "dilations": [d, …]}`. The weights: the entering convolution `[F][40][C]` and its bias `[C]`; for each dilation a
//! block's convolution `[K][C][C]` (tap, the oldest first; input; output) and bias `[C]`; the last mix `[C][words]` and
//! bias `[words]`. `models/wake/model.py` writes it.

use std::path::Path;

use serde::Deserialize;

use super::WakeError;
use super::frontend::BANDS;

const MAGIC: &[u8; 8] = b"SOTTOWAK";
const VERSION: u32 = 1;

/// Far beyond anything that listens in real time on a board.
const MOST_CHANNELS: usize = 512;
const MOST_TAPS: usize = 64;
const MOST_BLOCKS: usize = 64;
const MOST_WORDS: usize = 64;
const MOST_DILATION: usize = 256;

/// A word and the thresholds of its score.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct WordInfo {
    /// The word, in lower case.
    pub word: String,
    /// Thresholds, 0.0..=1.0, for low, medium and high sensitivity.
    pub thresholds: [f32; 3],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    words: Vec<WordInfo>,
    channels: usize,
    first: usize,
    kernel: usize,
    dilations: Vec<usize>,
}

/// A convolution over time: `weights[tap][input][output]`, flat.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// `taps × inputs × outputs` values.
    pub weights: Vec<f32>,
    /// One an output.
    pub bias: Vec<f32>,
    /// Taps; the oldest comes first.
    pub taps: usize,
    /// Steps between two taps.
    pub dilation: usize,
    /// Values a step that come in.
    pub inputs: usize,
    /// Values a step that go out.
    pub outputs: usize,
}

/// Everything that a trained model is.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The words, in the order of the logits.
    pub words: Vec<WordInfo>,
    /// The convolution over mel bands, one step every second frame.
    pub enter: Convolution,
    /// The residual blocks.
    pub blocks: Vec<Convolution>,
    /// The last mix, one tap.
    pub leave: Convolution,
}

impl Weights {
    /// Reads and checks a `.sottowake` file.
    ///
    /// # Errors
    /// [`WakeError::Unreadable`], [`WakeError::Damaged`].
    pub fn read(path: &Path) -> Result<Self, WakeError> {
        let bytes =
            std::fs::read(path).map_err(|source| WakeError::Unreadable { path: path.into(), source })?;
        Self::parse(&bytes).map_err(|reason| WakeError::Damaged { path: path.into(), reason })
    }

    /// Reads a file's bytes; the error says what is wrong with them.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err("this is no Sotto wake-word model".into());
        };
        let (version, rest) = number(rest)?;
        if version != VERSION {
            return Err(format!("the model has format version {version}, this Sotto reads {VERSION}"));
        }
        let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
            return Err("the model is cut short".into());
        };
        if crc32(body) != u32::from_le_bytes(*sum) {
            return Err("the model is cut short or altered (its checksum is wrong)".into());
        }
        let (length, rest) = number(rest)?;
        let (header, rest) =
            rest.split_at_checked(length as usize).ok_or("the model's header is cut short")?;
        let values =
            rest.split_last_chunk::<4>().map(|(values, _)| values).ok_or("the model has no weights")?;
        let header: Header = serde_json::from_slice(header)
            .map_err(|error| format!("the model's header is wrong: {error}"))?;
        header.check()?;
        let (values, odd) = values.as_chunks::<4>();
        if !odd.is_empty() {
            return Err("the model's weights are cut short".into());
        }
        let mut values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let mut layer = |taps, dilation, inputs, outputs| {
            let mut take = |count: usize| {
                let taken: Vec<f32> = values.by_ref().take(count).collect();
                if taken.len() < count { Err("the model has too few weights".to_owned()) } else { Ok(taken) }
            };
            let weights = take(taps * inputs * outputs)?;
            Ok::<_, String>(Convolution { weights, bias: take(outputs)?, taps, dilation, inputs, outputs })
        };
        let channels = header.channels;
        let enter = layer(header.first, 1, BANDS, channels)?;
        let blocks: Vec<Convolution> = header
            .dilations
            .iter()
            .map(|dilation| layer(header.kernel, *dilation, channels, channels))
            .collect::<Result<_, _>>()?;
        let leave = layer(1, 1, channels, header.words.len())?;
        if values.next().is_some() {
            return Err("the model has too many weights".into());
        }
        let all = [&enter, &leave].into_iter().chain(&blocks);
        if !all.flat_map(|layer| layer.weights.iter().chain(&layer.bias)).all(|value| value.is_finite()) {
            return Err("a weight of the model is no number".into());
        }
        Ok(Self { words: header.words, enter, blocks, leave })
    }
}

impl Header {
    fn check(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("the model's {what} cannot be"));
        if self.channels == 0 || self.channels > MOST_CHANNELS {
            return wrong("number of channels");
        }
        if !(super::network::STRIDE..=MOST_TAPS).contains(&self.first)
            || !(1..=MOST_TAPS).contains(&self.kernel)
        {
            return wrong("kernel size");
        }
        if self.dilations.len() > MOST_BLOCKS
            || self.dilations.iter().any(|d| !(1..=MOST_DILATION).contains(d))
        {
            return wrong("list of dilations");
        }
        if self.words.is_empty() || self.words.len() > MOST_WORDS {
            return wrong("number of words");
        }
        for info in &self.words {
            if info.word.is_empty() || info.thresholds.iter().any(|t| !(0.0..=1.0).contains(t)) {
                return wrong("thresholds");
            }
        }
        Ok(())
    }
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), String> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or("the model is cut short")?;
    Ok((u32::from_le_bytes(*number), rest))
}

/// CRC-32 with the reflected polynomial 0xEDB88320, as in zip and PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(sum & 1));
        }
    }
    !sum
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A tiny model whose weights are all `value`.
    pub(crate) fn file(header: &str, values: usize, value: f32) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(std::iter::repeat_n(value.to_le_bytes(), values).flatten());
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    }

    const HEADER: &str = r#"{"words":[{"word":"computer","thresholds":[0.8,0.5,0.3]}],"channels":4,"first":5,"kernel":3,"dilations":[1,2]}"#;
    const VALUES: usize = 5 * 40 * 4 + 4 + 2 * (3 * 4 * 4 + 4) + 4 + 1;

    #[test]
    fn the_checksum_is_the_one_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn what_was_written_is_read() {
        let weights = Weights::parse(&file(HEADER, VALUES, 0.25)).unwrap();
        assert_eq!(weights.words[0].word, "computer");
        assert_eq!(weights.blocks[1].dilation, 2);
        assert_eq!(weights.leave.weights, [0.25; 4]);
    }

    #[test]
    fn a_damaged_file_says_what_is_wrong_with_it() {
        let good = file(HEADER, VALUES, 0.25);
        for (bytes, says) in [
            (Vec::new(), "no Sotto wake-word model"),
            (b"RIFF....WAVEfmt ".to_vec(), "no Sotto wake-word model"),
            (good[..good.len() - 400].to_vec(), "checksum"),
            (good[..11].to_vec(), "cut short"),
            (file(HEADER, VALUES - 1, 0.25), "too few"),
            (file(HEADER, VALUES + 1, 0.25), "too many"),
            (file(HEADER, VALUES, f32::NAN), "no number"),
            (file("{}", VALUES, 0.25), "header"),
            (file(&HEADER.replace("\"channels\":4", "\"channels\":4000000000"), VALUES, 0.25), "channels"),
            (file(&HEADER.replace("[1,2]", "[1,0]"), VALUES, 0.25), "dilations"),
        ] {
            let error = Weights::parse(&bytes).unwrap_err();
            assert!(error.contains(says), "{error} should say {says}");
        }
        let mut altered = good.clone();
        altered[200] ^= 1;
        assert!(Weights::parse(&altered).unwrap_err().contains("altered"));
        let mut newer = good;
        newer[8] = 2;
        assert!(Weights::parse(&newer).unwrap_err().contains("version 2"));
    }
}
