//! Events as lines for a person, and what became of each utterance.

use crate::assistant::{Event, EventKind, Phase};
use crate::home::{Action, Outcome};

/// One utterance on its way, as the events told it.
#[derive(Debug, Clone, Default)]
pub(super) struct Utterance {
    /// The wake word, if one was heard.
    pub wake: Option<String>,
    /// When speech ended, in ms of the assistant's clock.
    pub speech_end_ms: Option<u64>,
    /// What was heard.
    pub heard: Option<String>,
    /// Compute time of speech-to-text, in ms.
    pub stt_ms: u64,
    /// The intents, and who read them.
    pub commands: Vec<String>,
    /// From the end of speech to the first publish, in ms.
    pub publish_ms: Option<u64>,
    /// What was said.
    pub reply: String,
    /// Actions that did not come off.
    pub failed: Vec<String>,
    /// Whether it was understood.
    pub understood: bool,
    /// Whether the reply was a question.
    pub question: bool,
}

/// Follows the events and prints what a person wants to see of them.
pub(super) struct Timeline {
    /// The utterance that is under way or was the last.
    pub now: Utterance,
    phase: Phase,
    print: bool,
}

impl Timeline {
    /// A time line; without `print` it only keeps account.
    pub fn new(print: bool) -> Self {
        Self { now: Utterance::default(), phase: Phase::Waiting, print }
    }

    /// Begins a new utterance.
    pub fn begin(&mut self) -> Utterance {
        std::mem::take(&mut self.now)
    }

    /// Where the assistant stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    fn line(&self, at_ms: u64, what: &str, text: &str) {
        if self.print {
            println!("  {:>9.3} s  {what:<10} {text}", at_ms as f64 / 1000.0);
        }
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        let at = event.at_ms;
        match &event.kind {
            EventKind::Woke { word, score, .. } => {
                self.now.wake = Some(word.clone());
                self.line(at, "wake", &format!("{word} ({score:.2})"));
            }
            EventKind::SpeechStopped { ago_ms } => {
                let end = at.saturating_sub(*ago_ms);
                self.now.speech_end_ms = Some(end);
                self.line(end, "speech end", &format!("sure {ago_ms} ms later"));
            }
            EventKind::NobodySpoke => self.line(at, "silence", "nobody spoke"),
            EventKind::Heard { text, confidence, compute_ms } => {
                self.now.heard = Some(text.clone());
                self.now.stt_ms = *compute_ms;
                self.line(at, "heard", &format!("“{text}” ({confidence:.2}, {compute_ms} ms of compute)"));
            }
            EventKind::NotHeard { words } => {
                self.line(at, "heard", if *words { "words, but not surely enough" } else { "no words" });
            }
            EventKind::Thought(thought) => self.thought(at, thought),
            EventKind::ActionSent(action) => {
                let since = self.now.speech_end_ms.map(|end| at.saturating_sub(end));
                if self.now.publish_ms.is_none() {
                    self.now.publish_ms = since;
                }
                let after = since.map_or(String::new(), |ms| format!("  [{ms} ms after the end of speech]"));
                self.line(at, "publish", &format!("{}{after}", describe(action)));
            }
            EventKind::ActionDone(action, outcome) if *outcome != Outcome::Done => {
                let why = format!("{}: {outcome:?}", describe(action));
                self.line(at, "failed", &why);
                self.now.failed.push(why);
            }
            EventKind::StateChanged { entity, state } => {
                // What the home announces when it starts is no news.
                if self.phase != Phase::Waiting || self.now.publish_ms.is_some() {
                    self.line(at, "state", &format!("{entity} is {state}"));
                }
            }
            EventKind::ReplyStarted { text, compute_ms } => {
                self.now.reply.clone_from(text);
                self.line(at, "reply", &format!("“{text}” (first sound after {compute_ms} ms)"));
            }
            EventKind::PhaseChanged(phase) => self.phase = *phase,
            EventKind::Overrun { samples } => {
                self.line(at, "overrun", &format!("{samples} samples were lost"))
            }
            EventKind::Microphone { there, reason } => {
                self.line(at, "microphone", if *there { "is back" } else { reason });
            }
            EventKind::Broker { there, reason } => {
                self.line(at, "broker", if *there { "the line stands" } else { reason });
            }
            EventKind::TimerDue { say, .. } => self.line(at, "timer", say),
            _ => {}
        }
    }

    fn thought(&mut self, at: u64, thought: &crate::assistant::Thought) {
        self.now.understood = thought.understanding.understood();
        self.now.question = thought.question;
        let by = thought.understanding.by.map_or(String::new(), |by| {
            serde_json::to_value(by).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        });
        for command in &thought.understanding.commands {
            let targets = command.targets.join(", ");
            let slots: Vec<_> = command.slots.iter().map(|(name, value)| format!("{name}={value}")).collect();
            self.now.commands.push(command.intent.clone());
            self.line(
                at,
                "command",
                &format!("{} {} → {targets} (by {by})", command.intent, slots.join(" ")),
            );
        }
        if !self.now.understood {
            self.line(at, "command", "not understood");
        }
        // Nothing to publish: the answer itself is what the person waits for.
        if thought.steps.is_empty() && self.now.publish_ms.is_none() {
            self.now.publish_ms = self.now.speech_end_ms.map(|end| at.saturating_sub(end));
        }
    }
}

fn describe(action: &Action) -> String {
    match action {
        Action::Publish { topic, payload } => format!("{topic} ← {payload}"),
        Action::Skill { skill, arguments } => {
            format!("{skill} {}", serde_json::Value::Object(arguments.clone()))
        }
    }
}
