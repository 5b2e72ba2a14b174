//! CTranslate2's Whisper becomes ggml that whisper.cpp loads, the same bytes every time, and no damaged file of
//! either kind ends the process. The model here is made up: the shape of a Whisper with random weights.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use proptest::prelude::*;
use sotto::models::whisper::{ImportError, WeightType, convert, ggml};
use sotto::stt::{Hints, Recognizer, SttConfig, SttError};

const WIDTH: u32 = 32;
const VOCABULARY: u32 = 51_864;
const ENCODER_LAYERS: u32 = 4;

/// Random numbers that are the same on every run.
struct Dice(u32);

impl Dice {
    fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 24) as f32 - 0.5
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as u16 + 1).to_le_bytes());
    out.extend(text.as_bytes());
    out.push(0);
}

/// The variables of a Whisper with one decoder layer: name to dimensions.
fn variables() -> BTreeMap<String, Vec<u32>> {
    let w = WIDTH;
    let mut all = BTreeMap::new();
    let mut add = |name: String, dims: &[u32]| {
        all.insert(name, dims.to_vec());
    };
    add("encoder/conv1/weight".into(), &[w, 80, 3]);
    add("encoder/conv1/bias".into(), &[w]);
    add("encoder/conv2/weight".into(), &[w, w, 3]);
    add("encoder/conv2/bias".into(), &[w]);
    add("encoder/position_encodings/encodings".into(), &[1500, w]);
    add("decoder/position_encodings/encodings".into(), &[448, w]);
    add("decoder/embeddings/weight".into(), &[VOCABULARY, w]);
    let mut norm = |place: &str| {
        add(format!("{place}/layer_norm/gamma"), &[w]);
        add(format!("{place}/layer_norm/beta"), &[w]);
    };
    norm("encoder");
    norm("decoder");
    let blocks = (0..ENCODER_LAYERS).map(|n| format!("encoder/layer_{n}")).chain(["decoder/layer_0".into()]);
    let blocks: Vec<String> = blocks.collect();
    for block in &blocks {
        norm(&format!("{block}/self_attention"));
        norm(&format!("{block}/ffn"));
    }
    norm("decoder/layer_0/attention");
    let mut linear = |place: String, rows: u32, columns: u32| {
        add(format!("{place}/weight"), &[rows, columns]);
        add(format!("{place}/bias"), &[rows]);
    };
    for block in &blocks {
        linear(format!("{block}/self_attention/linear_0"), 3 * w, w);
        linear(format!("{block}/self_attention/linear_1"), w, w);
        linear(format!("{block}/ffn/linear_0"), 4 * w, w);
        linear(format!("{block}/ffn/linear_1"), w, 4 * w);
    }
    linear("decoder/layer_0/attention/linear_0".into(), w, w);
    linear("decoder/layer_0/attention/linear_1".into(), 2 * w, w);
    linear("decoder/layer_0/attention/linear_2".into(), w, w);
    all
}

/// A faster-whisper folder: `model.bin` with f16 weights, and `vocabulary.txt`.
fn made_up(folder: &Path) -> (PathBuf, PathBuf) {
    let mut dice = Dice(1);
    let variables = variables();
    let mut bytes = Vec::new();
    bytes.extend(6_u32.to_le_bytes());
    string("WhisperSpec", &mut bytes);
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend((variables.len() as u32 + 2).to_le_bytes());
    for side in ["encoder", "decoder"] {
        string(&format!("{side}/num_heads"), &mut bytes);
        bytes.extend([0, 2]);
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(1_i16.to_le_bytes());
    }
    for (name, dims) in variables {
        string(&name, &mut bytes);
        bytes.push(dims.len() as u8);
        dims.iter().for_each(|d| bytes.extend(d.to_le_bytes()));
        bytes.push(4);
        let count: u32 = dims.iter().product();
        bytes.extend((count * 2).to_le_bytes());
        (0..count).for_each(|_| bytes.extend(f16::from_f32(dice.roll()).to_le_bytes()));
    }
    bytes.extend(0_u32.to_le_bytes());
    let model = folder.join("model.bin");
    fs::write(&model, bytes).unwrap();
    let vocabulary = folder.join("vocabulary.txt");
    let tokens = ["Ġ".to_owned(), "a".into()].into_iter().chain((2..VOCABULARY).map(|n| format!("t{n}")));
    fs::write(&vocabulary, tokens.collect::<Vec<_>>().join("\n")).unwrap();
    (model, vocabulary)
}

fn converted(folder: &Path, to: WeightType) -> Vec<u8> {
    let (model, vocabulary) = made_up(folder);
    let mut bytes = Vec::new();
    convert(&model, &vocabulary, to, &mut bytes, &mut |_| ()).unwrap();
    bytes
}

/// Syllables of noise, 2 s.
fn murmur() -> Vec<f32> {
    let mut dice = Dice(7);
    (0..32_000).map(|i| dice.roll() * if i / 3200 % 2 == 0 { 0.4 } else { 0.01 }).collect()
}

#[test]
fn every_type_is_the_same_on_every_run_and_whisper_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    for to in [WeightType::F16, WeightType::Q8_0, WeightType::Q5_1] {
        let bytes = converted(folder.path(), to);
        assert_eq!(bytes, converted(folder.path(), to), "{to}");
        let path = folder.path().join(format!("{to}.bin"));
        fs::write(&path, bytes).unwrap();
        let header = ggml::check(&path).unwrap();
        assert_eq!((header.audio_layers, header.text_layers, header.text_width), (4, 1, 32));
        let mut recognizer = Recognizer::load(&path, &SttConfig::default()).unwrap();
        // Random weights go round in circles, or are sure of nothing: either way there is no text.
        let transcript = recognizer.transcribe(&murmur(), &Hints::default()).unwrap();
        assert_eq!(transcript.text, "", "{to}");
        assert_eq!(transcript.audio_ms, 2000);
    }
}

#[test]
fn whole_numbers_are_scaled_back() {
    // An 8-bit variable with a scale for every row, beside its f16 twin.
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, eight: bool| {
        let mut bytes = Vec::new();
        bytes.extend(6_u32.to_le_bytes());
        string("WhisperSpec", &mut bytes);
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(if eight { 2_u32 } else { 1 }.to_le_bytes());
        string("w", &mut bytes);
        bytes.push(2);
        [2_u32, 2].iter().for_each(|d| bytes.extend(d.to_le_bytes()));
        if eight {
            bytes.push(1);
            bytes.extend(4_u32.to_le_bytes());
            [64_i8, -32, 100, 50].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
            string("w_scale", &mut bytes);
            bytes.push(1);
            bytes.extend(2_u32.to_le_bytes());
            bytes.push(0);
            bytes.extend(8_u32.to_le_bytes());
            [64.0_f32, 100.0].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        } else {
            bytes.push(4);
            bytes.extend(8_u32.to_le_bytes());
            [1.0, -0.5, 1.0, 0.5].iter().for_each(|n| bytes.extend(f16::from_f32(*n).to_le_bytes()));
        }
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        sotto::models::whisper::ctranslate::CtModel::open(&path).unwrap().rows("w", 0, 2).unwrap()
    };
    assert_eq!(write("eight", true), write("half", false));
}

#[test]
fn a_folder_without_tokens_and_a_file_that_is_no_model_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (model, vocabulary) = made_up(folder.path());
    fs::remove_file(&vocabulary).unwrap();
    let error = sotto::models::whisper::vocabulary::find(folder.path()).unwrap_err().to_string();
    assert!(error.contains("vocabulary.txt, vocabulary.json or tokenizer.json"), "{error}");
    fs::write(&vocabulary, "a\nb").unwrap();
    let convert = |model: &Path| convert(model, &vocabulary, WeightType::F16, &mut Vec::new(), &mut |_| ());
    let error = convert(&model).unwrap_err().to_string();
    assert!(error.contains("2 tokens"), "{error}");
    for (bytes, expected) in
        [(&b""[..], "cut off"), (b"no model, but long enough for one", "version"), (&[6, 0, 0, 0], "cut off")]
    {
        let path = folder.path().join("no.bin");
        fs::write(&path, bytes).unwrap();
        let error = convert(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("no.bin"), "{error}");
    }
    let whole = fs::read(&model).unwrap();
    for length in [100, 5000, whole.len() / 2] {
        fs::write(&model, &whole[..length]).unwrap();
        assert!(matches!(convert(&model), Err(ImportError::Format { .. })), "{length}");
    }
}

#[test]
fn a_damaged_ggml_file_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = converted(folder.path(), WeightType::Q8_0);
    let path = folder.path().join("model.bin.ggml");
    let load = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Recognizer::load(&path, &SttConfig::default()).map(|_| ())
    };
    let said = |bytes: &[u8]| load(bytes).unwrap_err().to_string();
    assert!(said(&[]).contains("it is empty"));
    assert!(said(b"GGUF and something else").contains("no ggml file"));
    for length in [3, 30, 1000, 60_000, 700_000, bytes.len() / 2, bytes.len() - 1] {
        let error = said(&bytes[..length]);
        assert!(error.contains("cut off"), "{length}: {error}");
    }
    let mut longer = bytes.clone();
    longer.extend([1; 40]);
    assert!(said(&longer).contains("something that is none"));
    // Encoder layers: whisper.cpp would end the process over a number that it has no name for.
    let mut layers = bytes.clone();
    layers[20] = 5;
    assert!(said(&layers).contains("encoder layers"));
    let missing = Recognizer::load(&folder.path().join("none.bin"), &SttConfig::default()).err();
    assert!(matches!(missing, Some(SttError::Model(ImportError::Read { .. }))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever bytes change in header, tokens and tensor table, the process goes on.
    #[test]
    fn flipped_bytes_never_end_the_process(places in prop::collection::vec((0_usize..800_000, any::<u8>()), 1..4)) {
        static MODEL: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = MODEL.get_or_init(|| converted(folder.path(), WeightType::Q5_1)).clone();
        for (at, value) in places {
            // Half of them in the header, where they do most.
            let at = if value % 2 == 0 { at % 64 } else { at % bytes.len() };
            bytes[at] ^= value;
        }
        let path = folder.path().join("m.bin");
        fs::write(&path, bytes).unwrap();
        if let Ok(mut recognizer) = Recognizer::load(&path, &SttConfig::default()) {
            recognizer.transcribe(&murmur(), &Hints::default()).unwrap();
        }
    }
}
