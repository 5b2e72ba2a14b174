//! A GGUF file that is cut off, changed or of another kind is named in an error; nothing panics or takes gigabytes.

use proptest::prelude::*;
use sotto::intent::model::{LanguageModel, ModelConfig};
use sotto::models::Store;
use std::io::Read;
use std::path::PathBuf;

fn smollm() -> Option<PathBuf> {
    match Store::locate().unwrap().find("smollm2-135m-instruct") {
        Ok(path) => Some(path),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

fn refused(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.gguf");
    std::fs::write(&path, bytes).unwrap();
    let error = LanguageModel::load(&path, &ModelConfig::default()).err().expect("it was loaded").to_string();
    assert!(error.contains("mine.gguf"), "{error}");
    error
}

#[test]
fn what_is_no_gguf_is_refused() {
    refused(b"");
    refused(b"GGUF");
    refused(b"GGML of long ago");
    refused(&[0; 4096]);
    refused(b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f");
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let Some(path) = smollm() else { return };
    let mut head = vec![0; 4 << 20];
    std::fs::File::open(path).unwrap().read_exact(&mut head).unwrap();
    for length in [12, 1000, 100_000, head.len()] {
        refused(&head[..length]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_header_makes_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600), version in 1u8..5) {
        let mut file = b"GGUF".to_vec();
        file.extend([version, 0, 0, 0]);
        // Small counts, so that the walk comes past them.
        file.extend([bytes.len() as u8 % 4, 0, 0, 0, 0, 0, 0, 0, bytes.len() as u8 % 5, 0, 0, 0, 0, 0, 0, 0]);
        file.append(&mut bytes);
        refused(&file);
    }
}
