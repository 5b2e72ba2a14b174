//! From sound to text.

use super::Brain;
use crate::assistant::event::EventKind;
use crate::audio::Utterance;
use crate::home::HomeView;
use crate::intent::Standing;
use crate::stt::{self, Hints, Transcript};
use crate::vad::Pause;

impl Brain {
    /// Makes text of an utterance that may be over, keeps it until [`Brain::hear`] asks for the same, and says
    /// whether the person has finished; `None`: nobody can tell.
    pub fn foresee(&mut self, utterance: &Utterance) -> Option<Pause> {
        // What goes wrong is tried again in earnest, and said then.
        let transcript = self.recognize(&utterance.samples).ok()?;
        let pause = match self.trusts(&transcript) {
            // An answer to a question is no command.
            _ if self.has_open_question() => None,
            false => None,
            true => match self.understander.standing(&self.home.view(), &transcript.text, &self.context) {
                Standing::Complete => Some(Pause::Whole),
                Standing::Unfinished => Some(Pause::Half),
                Standing::Open | Standing::Unknown => None,
            },
        };
        self.foreseen = Some((utterance.start_ms, utterance.speech_end_ms, transcript));
        pause
    }

    /// Makes text of an utterance, or takes what was made of it when it might have been over.
    ///
    /// # Errors
    /// As [`Brain::recognize`].
    pub fn hear(&mut self, utterance: &Utterance) -> Result<Transcript, String> {
        match self.foreseen.take() {
            Some((start, end, transcript))
                if (start, end) == (utterance.start_ms, utterance.speech_end_ms) =>
            {
                Ok(transcript)
            }
            _ => self.recognize(&utterance.samples),
        }
    }

    /// Makes text of an utterance: [`EventKind::Heard`] or [`EventKind::NotHeard`].
    pub fn transcribe(&mut self, utterance: &Utterance) -> EventKind {
        match self.hear(utterance) {
            Ok(transcript) if transcript.text.is_empty() => EventKind::NotHeard { words: false },
            Ok(transcript) if transcript.confidence < self.manner.min_confidence => {
                tracing::info!("not sure enough: {:?} ({:.2})", transcript.text, transcript.confidence);
                EventKind::NotHeard { words: true }
            }
            Ok(transcript) => EventKind::Heard {
                text: transcript.text,
                confidence: transcript.confidence,
                compute_ms: transcript.compute_ms,
            },
            Err(reason) => {
                tracing::error!("speech-to-text failed: {reason}");
                EventKind::NotHeard { words: true }
            }
        }
    }

    /// Makes text of 16 kHz samples, steered by the names of this home.
    ///
    /// # Errors
    /// What went wrong, for a person.
    pub fn recognize(&mut self, samples: &[f32]) -> Result<Transcript, String> {
        let view = self.home.view();
        let Some(recognizer) = self.recognizer.as_mut() else {
            return Err("there is no speech-to-text model".into());
        };
        if self.hints.as_ref().is_none_or(|(version, _)| *version != view.version) {
            self.hints = Some((view.version, hints_of(&view, &self.own_words, &self.manner.language)));
        }
        let hints = self.hints.as_ref().map(|(_, hints)| hints.clone()).unwrap_or_default();
        recognizer.transcribe(samples, &hints).map_err(|error| error.to_string())
    }

    /// Whether a transcript is worth reading.
    pub fn trusts(&self, transcript: &Transcript) -> bool {
        !transcript.text.is_empty() && transcript.confidence >= self.manner.min_confidence
    }
}

/// The home's names, as words that speech-to-text may expect.
fn hints_of(view: &HomeView, own: &[String], language: &str) -> Hints {
    let areas = view.areas.iter().map(|a| a.name.as_str());
    let entities = view.entities.iter().map(|e| e.name.as_str());
    Hints {
        prompt: stt::prompt_of(own.iter().map(String::as_str).chain(areas).chain(entities)),
        language: Some(language.to_string()),
    }
}
