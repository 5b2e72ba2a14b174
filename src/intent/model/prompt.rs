//! What stands before every request: how a text is put to the model, and how its answers are weighed.

use super::gguf::Gguf;

/// Texts that ask for nothing. How probable a sentence is after them is how probable it is anyway; a
/// model that was not tuned prefers short and frequent sentences whatever was said, and this is what
/// is taken off again.
pub(super) const NEUTRAL: &[&str] = &["hello", "okay then", "and so on"];

/// How texts are put to a model and its scores are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Read once and kept: explanation and examples.
    pub prefix: String,
    /// What of a sentence's score after [`NEUTRAL`] texts is taken off, 0.0..=1.0.
    pub calibration: f32,
    /// What a cue word in the text adds to the score of a sentence, in nats.
    pub cue: f32,
    /// What is added to the score of doing nothing, in nats.
    pub nothing: f32,
    /// Whether goals without a cue are weighed too.
    pub open: bool,
}

impl Prompt {
    /// The prompt for stock models, with examples.
    pub fn stock() -> Self {
        let mut prefix = String::from("A person says something at home. The assistant decides what to do.\n");
        for (text, sentence) in EXAMPLES {
            prefix.push_str(&request(text));
            prefix.push_str(&answer(sentence));
        }
        Self { prefix, calibration: 0.8, cue: 1.0, nothing: 0.0, open: false }
    }

    /// The prompt that the file itself asks for, in metadata that our tuning writes.
    pub fn from_gguf(gguf: &Gguf) -> Option<Self> {
        let number = |key: &str| gguf.number(key).map(|x| x as f32).filter(|x| x.is_finite());
        Some(Self {
            prefix: gguf.text("sotto.prefix").ok()?.to_owned(),
            calibration: number("sotto.calibration").unwrap_or(0.0).clamp(0.0, 1.0),
            cue: number("sotto.cue").unwrap_or(0.0),
            nothing: number("sotto.nothing").unwrap_or(0.0),
            open: true,
        })
    }
}

/// A text as the model reads it.
pub(super) fn request(text: &str) -> String {
    format!("\"{text}\" =>")
}

/// A sentence as the model writes it.
pub(super) fn answer(sentence: &str) -> String {
    format!(" {sentence}\n")
}

const EXAMPLES: &[(&str, &str)] = &[
    ("I'm working and it's getting dark.", "turn on the light"),
    ("What is the largest planet?", "do nothing"),
    ("The lamp is shining in my eyes.", "turn off the light"),
    ("This room is way too bright for watching films.", "dim the light"),
    ("It's only twelve degrees in here.", "turn up the heating"),
    ("I'm burning up, it's way too hot.", "turn down the heating"),
    ("My uncle bought a horse.", "do nothing"),
    ("The air is so still and warm.", "turn on the fan"),
    ("It's too windy next to the fan.", "turn off the fan"),
    ("Let's have a look at the street.", "open the blinds"),
    ("People can look inside.", "close the blinds"),
    ("Write a poem about winter.", "do nothing"),
    ("We leave by car in a minute.", "open the Garage Door"),
    ("The car is parked.", "close the Garage Door"),
    ("Keep thieves out.", "lock the Front Door"),
    ("My friend is outside.", "unlock the Front Door"),
    ("The program begins now.", "turn on the TV"),
    ("Nobody watches this any more.", "turn off the TV"),
    ("Hold on, I'll be right back.", "pause the playback"),
    ("It's much too noisy.", "turn down the volume"),
    ("I can't hear what they say.", "turn up the volume"),
    ("I've heard this one before.", "skip to the next track"),
    ("Hot drinks for everybody!", "turn on the Coffee Machine"),
    ("Let's watch something together.", "start Movie Night"),
    ("I'm sleepy.", "start Good Night"),
    ("Do I need a jacket in here?", "check the temperature"),
    ("Is it closed?", "check the Front Door"),
    ("Am I too late?", "tell the time"),
    ("Blue ideas taste round.", "do nothing"),
];
