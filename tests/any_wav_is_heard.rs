//! Every kind of sound file that people have is heard the same, and a broken one gives a clear message.

use std::path::{Path, PathBuf};

use sotto::audio::file::{FrameReader, read_all, write_wav};
use sotto::audio::{AudioError, FRAME_SAMPLES};

fn tone(rate: u32, ms: u64) -> Vec<f64> {
    (0..u64::from(rate) * ms / 1000)
        .map(|n| 0.5 * (n as f64 * 440.0 * std::f64::consts::TAU / f64::from(rate)).sin())
        .collect()
}

struct Wav {
    tag: u16,
    bits: u16,
    rate: u32,
    channels: u16,
    extensible: bool,
    container: u16,
    before: Vec<u8>,
    after: Vec<u8>,
    claimed: Option<u32>,
}

impl Default for Wav {
    fn default() -> Self {
        Self {
            tag: 1,
            bits: 16,
            rate: 16_000,
            channels: 1,
            extensible: false,
            container: 0,
            before: Vec::new(),
            after: Vec::new(),
            claimed: None,
        }
    }
}

impl Wav {
    fn sample(&self, value: f64) -> Vec<u8> {
        match (self.tag, self.bits) {
            (3, 32) => (value as f32).to_le_bytes().to_vec(),
            (3, _) => value.to_le_bytes().to_vec(),
            (_, 8) => vec![(value * 127.0 + 128.0).round() as u8],
            (_, bits) => {
                let container = if self.container == 0 { bits } else { self.container };
                let whole = (value * f64::from(i32::MAX)).round() as i32;
                let kept = whole >> (32 - bits) << (32 - bits);
                kept.to_le_bytes()[4 - usize::from(container / 8)..].to_vec()
            }
        }
    }

    fn bytes(&self, sound: &[f64]) -> Vec<u8> {
        let container = if self.container == 0 { self.bits } else { self.container };
        let align = self.channels * container / 8;
        let mut format = Vec::new();
        format.extend((if self.extensible { 0xFFFE } else { self.tag }).to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate * u32::from(align)).to_le_bytes());
        format.extend(align.to_le_bytes());
        format.extend((if self.extensible { container } else { self.bits }).to_le_bytes());
        if self.extensible {
            format.extend(22u16.to_le_bytes());
            format.extend(self.bits.to_le_bytes());
            format.extend(0u32.to_le_bytes());
            format.extend(self.tag.to_le_bytes());
            format.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
        }
        let data: Vec<u8> =
            sound.iter().flat_map(|&v| (0..self.channels).flat_map(move |_| self.sample(v))).collect();
        let mut out = b"RIFF\0\0\0\0WAVE".to_vec();
        out.extend(&self.before);
        out.extend(b"fmt ");
        out.extend((format.len() as u32).to_le_bytes());
        out.extend(format);
        out.extend(b"data");
        out.extend(self.claimed.unwrap_or(data.len() as u32).to_le_bytes());
        out.extend(data);
        out.extend(&self.after);
        let whole = (out.len() - 8) as u32;
        out[4..8].copy_from_slice(&whole.to_le_bytes());
        out
    }
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Root-mean-square distance from the 440 Hz tone, edges aside.
fn distance(heard: &[f32]) -> f64 {
    let wanted = tone(16_000, 500);
    assert!(heard.len().abs_diff(wanted.len()) <= 1, "{} samples", heard.len());
    let inner = 400..wanted.len() - 400;
    let sum: f64 = inner.clone().map(|n| (f64::from(heard[n]) - wanted[n]).powi(2)).sum();
    (sum / inner.len() as f64).sqrt()
}

#[test]
fn every_sample_format_rate_and_channel_count_sounds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut kinds = Vec::new();
    for rate in [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
        kinds.push(Wav { rate, ..Wav::default() });
    }
    for (tag, bits) in [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)] {
        for channels in [1, 2, 3, 8] {
            for extensible in [false, true] {
                kinds.push(Wav { tag, bits, channels, extensible, rate: 48_000, ..Wav::default() });
            }
        }
    }
    kinds.push(Wav { bits: 24, container: 32, extensible: true, ..Wav::default() });
    for (n, kind) in kinds.iter().enumerate() {
        let path = written(folder.path(), &format!("{n}.wav"), &kind.bytes(&tone(kind.rate, 500)));
        let heard = read_all(&path, 1_000).unwrap();
        let limit = if kind.bits == 8 { 0.005 } else { 0.001 };
        let d = distance(&heard);
        assert!(
            d < limit,
            "tag {} bits {} rate {} channels {}: {d}",
            kind.tag,
            kind.bits,
            kind.rate,
            kind.channels
        );
    }
}

#[test]
fn frames_are_the_samples_and_the_last_is_filled_with_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let sound: Vec<f32> = (0..1_000).map(|n| (n as f32 / 1_000.0) - 0.5).collect();
    write_wav(&path, &sound, 16_000).unwrap();
    let reader = FrameReader::open(&path).unwrap();
    assert_eq!(reader.duration_ms(), Some(63));
    let frames: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(frames.len(), 1_000usize.div_ceil(FRAME_SAMPLES));
    for (n, value) in frames.concat().iter().enumerate() {
        let wanted = sound.get(n).copied().unwrap_or(0.0);
        assert!((value - wanted).abs() < 1.0e-4, "sample {n}: {value} for {wanted}");
    }
}

#[test]
fn odd_chunks_around_the_sound_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let before = b"LIST\x05\0\0\0abcde\0JUNK\x02\0\0\0xy".to_vec();
    let after = b"id3 \x04\0\0\0\xFF\xFF\xFF\xFF".to_vec();
    let kind = Wav { before, after, ..Wav::default() };
    let path = written(folder.path(), "a.wav", &kind.bytes(&tone(16_000, 500)));
    assert!(distance(&read_all(&path, 1_000).unwrap()) < 0.001);
}

#[test]
fn a_recorder_that_could_not_know_the_length_is_heard_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let kind = Wav { claimed: Some(u32::MAX), ..Wav::default() };
    let path = written(folder.path(), "a.wav", &kind.bytes(&tone(16_000, 500)));
    assert!(distance(&read_all(&path, 1_000).unwrap()) < 0.001);
    assert_eq!(FrameReader::open(&path).unwrap().warning(), None);
}

#[test]
fn what_is_left_of_a_wav_that_is_cut_short_is_heard_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Wav::default().bytes(&tone(16_000, 1_000));
    bytes.truncate(44 + 16_001);
    let path = written(folder.path(), "a.wav", &bytes);
    let reader = FrameReader::open(&path).unwrap();
    let warning = reader.warning().unwrap();
    assert!(warning.contains("a.wav") && warning.contains("cut short"), "{warning}");
    assert_eq!(reader.duration_ms(), Some(500));
    assert_eq!(reader.map(Result::unwrap).count(), 50);
}

#[test]
fn numbers_that_are_none_and_samples_beyond_full_scale_are_tamed() {
    let folder = tempfile::tempdir().unwrap();
    let kind = Wav { tag: 3, bits: 32, ..Wav::default() };
    let sound = [0.1, f64::NAN, f64::INFINITY, -7.0, 2.5, 0.2];
    let path = written(folder.path(), "a.wav", &kind.bytes(&sound));
    let heard = read_all(&path, 1_000).unwrap();
    assert_eq!(heard, [0.1, 0.0, 0.0, -1.0, 1.0, 0.2]);
}

#[test]
fn a_broken_file_gives_a_message_that_names_it_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Wav::default().bytes(&tone(16_000, 100));
    let opus = [b"OggS".as_slice(), &[0; 24], b"OpusHead", &[1; 30]].concat();
    let rest = [0u8; 60];
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.wav", vec![], "0 bytes"),
        ("text.wav", b"hello, this is no sound".to_vec(), "text file"),
        ("riff.wav", b"RI".to_vec(), "ends inside its header"),
        ("head.wav", whole[..20].to_vec(), "ends inside its header"),
        ("nodata.wav", whole[..36].to_vec(), "ends inside its header"),
        ("silent.wav", whole[..44].to_vec(), "holds no sound"),
        ("avi.wav", b"RIFF\x10\0\0\0AVI LIST".to_vec(), "RIFF file, but of another kind"),
        (
            "song.mp3",
            [b"ID3".as_slice(), &rest].concat(),
            "MP3, which Sotto does not decode; convert it: ffmpeg",
        ),
        ("clip.m4a", [b"\0\0\0\x20ftypM4A ".as_slice(), &rest].concat(), "MP4"),
        ("note.opus", opus, "Ogg Opus, which Sotto does not decode; convert it: ffmpeg"),
        ("adpcm.wav", Wav { tag: 0x11, bits: 4, ..Wav::default() }.bytes(&[]), "IMA ADPCM"),
        ("rate.wav", Wav { rate: 100, ..Wav::default() }.bytes(&[0.0; 9]), "rate is 100 Hz"),
        ("broken.flac", [b"fLaC".as_slice(), &rest].concat(), "broken.flac"),
        ("noise.bin", vec![0xDE, 0xAD, 0xBE, 0xEF, 0, 1], "de ad be ef"),
    ];
    for (name, bytes, wanted) in cases {
        let path = written(folder.path(), name, &bytes);
        let message = match FrameReader::open(&path) {
            Err(e) => e.to_string(),
            Ok(mut reader) => match reader.find_map(Result::err) {
                Some(e) => e.to_string(),
                None => panic!("{name} was read without an error"),
            },
        };
        assert!(message.contains(name) && message.contains(wanted), "{name}: {message}");
    }
    let error = FrameReader::open(&folder.path().join("gone.wav")).err().unwrap();
    assert!(matches!(error, AudioError::Missing { .. }) && error.to_string().contains("gone.wav"));
    let error = FrameReader::open(folder.path()).err().unwrap();
    assert!(matches!(error, AudioError::IsAFolder { .. }), "{error}");
}

#[test]
fn no_prefix_of_a_file_and_no_flipped_byte_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Wav { channels: 2, extensible: true, ..Wav::default() }.bytes(&tone(16_000, 20));
    let path = folder.path().join("a.wav");
    for length in 0..whole.len().min(120) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let _ = FrameReader::open(&path).map(Iterator::count);
    }
    for at in 0..80 {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            std::fs::write(&path, &bytes).unwrap();
            let _ = FrameReader::open(&path).map(Iterator::count);
        }
    }
}

/// Three hours of stereo at 44.1 kHz: a sparse file, so that only its length is large.
#[test]
fn a_file_of_three_hours_is_streamed_and_refused_as_one_utterance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let data = 3 * 3_600 * 44_100 * 4u32;
    let bytes = Wav { rate: 44_100, channels: 2, claimed: Some(data), ..Wav::default() }.bytes(&[]);
    std::fs::write(&path, &bytes).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(u64::from(data) + 44).unwrap();

    let error = read_all(&path, 30_000).err().unwrap();
    assert!(matches!(error, AudioError::TooLong { .. }));
    assert!(error.to_string().contains("long.wav is longer than 30 s"), "{error}");

    let before = resident_kb();
    let mut reader = FrameReader::open(&path).unwrap();
    assert_eq!(reader.duration_ms(), Some(3 * 3_600_000));
    let frames = (&mut reader).take(60_000).map(Result::unwrap).count();
    assert_eq!(frames, 60_000);
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 8_000, "ten minutes cost {grown} kB");
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("SOTTO_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no recordings at {} (set SOTTO_DATA)", folder.display());
    None
}

#[test]
fn flac_and_ogg_vorbis_recordings_are_heard() {
    let Some(data) = data() else { return };
    for folder in ["orders", "read", "noise"] {
        let mut files: Vec<_> = std::fs::read_dir(data.join(folder))
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "flac" || e == "ogg"))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{folder}");
        for file in files.iter().take(20) {
            let mut samples = 0;
            let mut power = 0.0f64;
            for frame in FrameReader::open(file).unwrap() {
                let frame = frame.unwrap_or_else(|e| panic!("{e}"));
                samples += frame.len();
                power += frame.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
            }
            assert!(samples > 1_600 && power > 0.0, "{}: {samples} samples", file.display());
        }
    }
    let opus = data.join("human/libri_a");
    let first = std::fs::read_dir(opus).ok().and_then(|mut d| {
        d.find_map(|e| e.ok().map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x != "tsv")))
    });
    if let Some(first) = first {
        let message = FrameReader::open(&first).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains("Ogg Opus") && message.contains("ffmpeg"), "{message}");
    }
}
