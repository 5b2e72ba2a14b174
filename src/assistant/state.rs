//! The state machine, a pure function: no clock, no input or output, no randomness.
//!
//! Time comes only from the events. Every state but [`State::Muted`] and [`State::Waiting`] carries
//! the moment at which it ends by itself, so whatever is lost on the way (a worker that died, a
//! loudspeaker that never answers), the assistant listens again.

use super::event::{Event, EventKind, Phase};
use super::thought::Thought;
use crate::audio::Utterance;
use std::sync::Arc;

/// The longest that each state may last, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Waiting for somebody to speak, and their whole utterance.
    pub listening_ms: u64,
    /// Speech-to-text and understanding.
    pub thinking_ms: u64,
    /// Delivery and the states that come back.
    pub acting_ms: u64,
    /// One reply.
    pub speaking_ms: u64,
    /// A timer that nobody stops.
    pub ringing_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // no_speech (5 s) + max_utterance (12 s) + trailing silence, with room
            listening_ms: 20_000,
            thinking_ms: 15_000,
            // delivery deadline (5 s) + returning state (2 s), with room for several commands
            acting_ms: 15_000,
            speaking_ms: 60_000,
            ringing_ms: 300_000,
        }
    }
}

/// Where the assistant stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The microphone is off.
    Muted,
    /// Waiting for the wake word.
    Waiting,
    /// Somebody said the wake word, or pressed the button.
    Listening {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
    },
    /// An utterance is being recognised and understood.
    Thinking {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
        /// Whether the microphone is off; what was said before is still carried out.
        muted: bool,
    },
    /// Commands are on their way.
    Acting {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
        /// Whether the microphone is off.
        muted: bool,
    },
    /// A reply is being spoken.
    Speaking {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
        /// Whether it is a question, so that we listen afterwards without a wake word.
        question: bool,
        /// Whether the microphone is off.
        muted: bool,
    },
    /// We asked something and listen for the answer.
    FollowUp {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
    },
    /// A timer rings.
    Ringing {
        /// Ends by itself at this time, in ms.
        until_ms: u64,
        /// Whether the microphone is off.
        muted: bool,
    },
}

impl State {
    /// The state's name for others.
    pub fn phase(&self) -> Phase {
        match self {
            State::Muted => Phase::Muted,
            State::Waiting => Phase::Waiting,
            State::Listening { .. } => Phase::Listening,
            State::Thinking { .. } => Phase::Thinking,
            State::Acting { .. } => Phase::Acting,
            State::Speaking { .. } => Phase::Speaking,
            State::FollowUp { .. } => Phase::FollowUp,
            State::Ringing { .. } => Phase::Ringing,
        }
    }

    /// When the state ends by itself, in ms; `None` only where waiting is all there is to do.
    pub fn until_ms(&self) -> Option<u64> {
        match self {
            State::Muted | State::Waiting => None,
            State::Listening { until_ms }
            | State::FollowUp { until_ms }
            | State::Thinking { until_ms, .. }
            | State::Acting { until_ms, .. }
            | State::Speaking { until_ms, .. }
            | State::Ringing { until_ms, .. } => Some(*until_ms),
        }
    }
}

/// What the runtime has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Take the sound from this moment of the stream's clock (in ms) as the beginning of an utterance;
    /// `None`: from now.
    Listen {
        /// Where the wake word ended, in ms.
        word_end_ms: Option<u64>,
    },
    /// Stop waiting for speech.
    StopListening,
    /// Make text of this.
    Transcribe(Arc<Utterance>),
    /// Make commands of this.
    Think(String),
    /// Carry this out.
    Act(Arc<Thought>),
    /// Forget the question that was open.
    DropQuestion,
    /// Speak this.
    Say(String),
    /// Speak one of the fixed sentences.
    SayFixed(Fixed),
    /// Be silent at once.
    StopSpeaking,
    /// Ring, and say this.
    Ring(String),
    /// Stop ringing.
    StopRinging,
}

/// Sentences that the machine itself asks for; their wording is the language's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// Words were heard, but not well enough.
    DidNotCatch,
    /// Understanding or acting took too long.
    TookTooLong,
}

/// One step: where we stand and what happened give where we stand then and what to do.
pub fn step(state: State, event: &Event, limits: &Limits) -> (State, Vec<Effect>) {
    let now = event.at_ms;
    if let EventKind::Mute { on } = event.kind {
        return mute(state, on);
    }
    // Before anything else, so that an event which arrives late cannot keep a state alive.
    let (state, mut effects) = match state.until_ms() {
        Some(until) if until <= now => time_out(state, now, limits),
        _ => (state, Vec::new()),
    };
    let (state, more) = react(state, now, &event.kind, limits);
    effects.extend(more);
    (state, effects)
}

fn rest(muted: bool) -> State {
    if muted { State::Muted } else { State::Waiting }
}

fn mute(state: State, on: bool) -> (State, Vec<Effect>) {
    match state {
        State::Muted | State::Waiting => (rest(on), vec![]),
        State::Listening { .. } | State::FollowUp { .. } if on => {
            (State::Muted, vec![Effect::StopListening, Effect::DropQuestion])
        }
        State::Listening { .. } | State::FollowUp { .. } => (state, vec![]),
        State::Thinking { until_ms, .. } => (State::Thinking { until_ms, muted: on }, vec![]),
        State::Acting { until_ms, .. } => (State::Acting { until_ms, muted: on }, vec![]),
        State::Speaking { until_ms, question, .. } => {
            (State::Speaking { until_ms, question, muted: on }, vec![])
        }
        State::Ringing { until_ms, .. } => (State::Ringing { until_ms, muted: on }, vec![]),
    }
}

fn time_out(state: State, now: u64, limits: &Limits) -> (State, Vec<Effect>) {
    match state {
        State::Listening { .. } | State::FollowUp { .. } => {
            (State::Waiting, vec![Effect::StopListening, Effect::DropQuestion])
        }
        State::Thinking { muted, .. } | State::Acting { muted, .. } => (
            speaking(now, false, muted, limits),
            vec![Effect::DropQuestion, Effect::SayFixed(Fixed::TookTooLong)],
        ),
        State::Speaking { muted, .. } => (rest(muted), vec![Effect::StopSpeaking, Effect::DropQuestion]),
        State::Ringing { muted, .. } => (rest(muted), vec![Effect::StopRinging]),
        State::Muted | State::Waiting => (state, vec![]),
    }
}

fn speaking(now: u64, question: bool, muted: bool, limits: &Limits) -> State {
    State::Speaking { until_ms: now + limits.speaking_ms, question, muted }
}

fn listening(now: u64, limits: &Limits) -> State {
    State::Listening { until_ms: now + limits.listening_ms }
}

fn react(state: State, now: u64, kind: &EventKind, limits: &Limits) -> (State, Vec<Effect>) {
    match (state, kind) {
        // Woken from rest.
        (State::Waiting, EventKind::Woke { word_end_ms, .. }) => {
            (listening(now, limits), vec![Effect::Listen { word_end_ms: Some(*word_end_ms) }])
        }
        (State::Waiting, EventKind::Button) => {
            (listening(now, limits), vec![Effect::Listen { word_end_ms: None }])
        }
        // Said again while we were listening: begin anew, the first was swallowed or somebody else's.
        (State::Listening { .. } | State::FollowUp { .. }, EventKind::Woke { word_end_ms, .. }) => {
            (listening(now, limits), vec![Effect::Listen { word_end_ms: Some(*word_end_ms) }])
        }
        (State::Listening { .. } | State::FollowUp { .. }, EventKind::Button) => {
            (State::Waiting, vec![Effect::StopListening, Effect::DropQuestion])
        }
        // Barge-in.
        (State::Speaking { muted: false, .. }, EventKind::Woke { word_end_ms, .. }) => (
            listening(now, limits),
            vec![Effect::StopSpeaking, Effect::Listen { word_end_ms: Some(*word_end_ms) }],
        ),
        (State::Speaking { muted, .. }, EventKind::Button) => {
            (rest(muted), vec![Effect::StopSpeaking, Effect::DropQuestion])
        }
        (State::Ringing { muted: false, .. }, EventKind::Woke { word_end_ms, .. }) => (
            listening(now, limits),
            vec![Effect::StopRinging, Effect::Listen { word_end_ms: Some(*word_end_ms) }],
        ),
        (State::Ringing { muted, .. }, EventKind::Button) => (rest(muted), vec![Effect::StopRinging]),

        // The way of an utterance.
        (State::Listening { .. } | State::FollowUp { .. }, EventKind::SpeechEnded(utterance)) => (
            State::Thinking { until_ms: now + limits.thinking_ms, muted: false },
            vec![Effect::Transcribe(Arc::clone(utterance))],
        ),
        (State::Listening { .. } | State::FollowUp { .. }, EventKind::NobodySpoke) => {
            (State::Waiting, vec![Effect::DropQuestion])
        }
        (state @ State::Thinking { .. }, EventKind::Heard { text, .. }) => {
            (state, vec![Effect::Think(text.clone())])
        }
        (State::Thinking { muted, .. }, EventKind::NotHeard { words: true }) => {
            (speaking(now, false, muted, limits), vec![Effect::SayFixed(Fixed::DidNotCatch)])
        }
        (State::Thinking { muted, .. }, EventKind::NotHeard { words: false }) => {
            (rest(muted), vec![Effect::DropQuestion])
        }
        (State::Thinking { muted, .. }, EventKind::Thought(thought)) => {
            if !thought.steps.is_empty() {
                (
                    State::Acting { until_ms: now + limits.acting_ms, muted },
                    vec![Effect::Act(Arc::clone(thought))],
                )
            } else if thought.reply.is_empty() {
                (rest(muted), vec![])
            } else {
                (speaking(now, thought.question, muted, limits), vec![Effect::Say(thought.reply.clone())])
            }
        }
        (State::Acting { muted, .. }, EventKind::Acted { reply, question }) => {
            if reply.is_empty() {
                (rest(muted), vec![])
            } else {
                (speaking(now, *question, muted, limits), vec![Effect::Say(reply.clone())])
            }
        }
        (State::Speaking { question: true, muted: false, .. }, EventKind::Spoken) => (
            State::FollowUp { until_ms: now + limits.listening_ms },
            vec![Effect::Listen { word_end_ms: None }],
        ),
        // Muted, nobody could answer: the question is dropped with the reply's end.
        (State::Speaking { muted, .. }, EventKind::Spoken) => {
            (rest(muted), if muted { vec![Effect::DropQuestion] } else { vec![] })
        }

        // A timer rings at once when we are at rest; otherwise it is handed in again by the runtime
        // (which keeps what is due until it is taken).
        (state @ (State::Waiting | State::Muted), EventKind::TimerDue { say, .. }) => {
            let muted = state == State::Muted;
            (State::Ringing { until_ms: now + limits.ringing_ms, muted }, vec![Effect::Ring(say.clone())])
        }
        // Said once, where a timer would ring.
        (state @ (State::Waiting | State::Muted), EventKind::Notice { say, .. }) => {
            (speaking(now, false, state == State::Muted, limits), vec![Effect::Say(say.clone())])
        }
        (state, _) => (state, vec![]),
    }
}

/// Whether a timer that is due would be taken now.
pub fn takes_timer(state: &State) -> bool {
    matches!(state, State::Waiting | State::Muted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::Step;
    use crate::home::Action;
    use crate::intent::{Command, Understanding};
    use proptest::prelude::*;

    fn at(at_ms: u64, kind: EventKind) -> Event {
        Event { at_ms, kind }
    }

    fn woke(at_ms: u64) -> Event {
        at(at_ms, EventKind::Woke { word: "computer".into(), word_end_ms: at_ms, score: 0.9 })
    }

    fn utterance() -> Arc<Utterance> {
        Arc::new(Utterance { samples: vec![0.0; 1600], start_ms: 0, speech_end_ms: 80 })
    }

    fn thought(steps: Vec<Step>, reply: &str, question: bool) -> EventKind {
        EventKind::Thought(Arc::new(Thought {
            text: "x".into(),
            understanding: Understanding::default(),
            steps,
            refusals: vec![],
            reply: reply.into(),
            question,
            micros: 1,
        }))
    }

    fn publish() -> Step {
        let action = Action::Publish { topic: "t".into(), payload: "ON".into() };
        Step { command: Command::new("HassTurnOn"), actions: vec![action], expects: vec![] }
    }

    fn run(events: Vec<Event>) -> (State, Vec<Effect>) {
        let limits = Limits::default();
        let mut all = Vec::new();
        let mut state = State::Waiting;
        for event in &events {
            let (next, effects) = step(state, event, &limits);
            state = next;
            all.extend(effects);
        }
        (state, all)
    }

    #[test]
    fn a_command_goes_the_whole_way_and_ends_in_waiting() {
        let (state, effects) = run(vec![
            woke(1000),
            at(3000, EventKind::SpeechEnded(utterance())),
            at(3200, EventKind::Heard { text: "light on".into(), confidence: 0.9, compute_ms: 200 }),
            at(3201, thought(vec![publish()], "", false)),
            at(3300, EventKind::Acted { reply: "Light on.".into(), question: false }),
            at(4000, EventKind::Spoken),
        ]);
        assert_eq!(state, State::Waiting);
        assert!(matches!(
            effects.as_slice(),
            [
                Effect::Listen { word_end_ms: Some(1000) },
                Effect::Transcribe(_),
                Effect::Think(_),
                Effect::Act(_),
                Effect::Say(_)
            ]
        ));
    }

    #[test]
    fn after_a_question_we_listen_without_a_wake_word() {
        let (state, effects) = run(vec![
            woke(0),
            at(10, EventKind::SpeechEnded(utterance())),
            at(20, EventKind::Heard { text: "lamp on".into(), confidence: 0.9, compute_ms: 1 }),
            at(30, thought(vec![], "Which one?", true)),
            at(40, EventKind::Spoken),
        ]);
        assert!(matches!(state, State::FollowUp { .. }));
        assert_eq!(effects.last(), Some(&Effect::Listen { word_end_ms: None }));
    }

    #[test]
    fn noise_after_a_false_wake_is_passed_over_in_silence() {
        let (state, effects) = run(vec![
            woke(0),
            at(10, EventKind::SpeechEnded(utterance())),
            at(20, EventKind::NotHeard { words: false }),
        ]);
        assert_eq!(state, State::Waiting);
        assert!(!effects.iter().any(|e| matches!(e, Effect::Say(_) | Effect::SayFixed(_))));
    }

    #[test]
    fn a_wake_word_silences_the_reply() {
        let (state, effects) = run(vec![
            woke(0),
            at(10, EventKind::SpeechEnded(utterance())),
            at(20, EventKind::NotHeard { words: true }),
            woke(500),
        ]);
        assert!(matches!(state, State::Listening { .. }));
        assert!(effects.contains(&Effect::StopSpeaking));
    }

    #[test]
    fn nothing_is_heard_while_muted_but_timers_ring() {
        let (state, effects) =
            run(vec![at(0, EventKind::Mute { on: true }), woke(10), at(20, EventKind::Button)]);
        assert_eq!(state, State::Muted);
        assert_eq!(effects, vec![]);
        let (state, _) = run(vec![
            at(0, EventKind::Mute { on: true }),
            at(10, EventKind::TimerDue { name: None, say: "Time is up.".into() }),
            at(20, EventKind::Button),
        ]);
        assert_eq!(state, State::Muted);
    }

    #[test]
    fn a_worker_that_never_answers_is_given_up_and_said_so() {
        let limits = Limits::default();
        let (state, effects) = run(vec![
            woke(0),
            at(10, EventKind::SpeechEnded(utterance())),
            at(10 + limits.thinking_ms, EventKind::Tick),
        ]);
        assert!(matches!(state, State::Speaking { .. }));
        assert_eq!(effects.last(), Some(&Effect::SayFixed(Fixed::TookTooLong)));
    }

    #[test]
    fn an_answer_that_comes_after_the_time_out_is_not_acted_on() {
        let limits = Limits::default();
        let (_, effects) = run(vec![
            woke(0),
            at(10, EventKind::SpeechEnded(utterance())),
            at(11 + limits.thinking_ms, thought(vec![publish()], "", false)),
        ]);
        assert!(!effects.iter().any(|e| matches!(e, Effect::Act(_))));
    }

    fn any_kind() -> impl Strategy<Value = EventKind> {
        prop_oneof![
            Just(EventKind::Tick),
            (0u64..100_000).prop_map(|ms| EventKind::Woke {
                word: "jarvis".into(),
                word_end_ms: ms,
                score: 0.5
            }),
            Just(EventKind::Button),
            any::<bool>().prop_map(|on| EventKind::Mute { on }),
            Just(EventKind::SpeechEnded(utterance())),
            Just(EventKind::NobodySpoke),
            Just(EventKind::Heard { text: "a".into(), confidence: 0.5, compute_ms: 1 }),
            any::<bool>().prop_map(|words| EventKind::NotHeard { words }),
            (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(act, say, question)| thought(
                if act { vec![publish()] } else { vec![] },
                if say { "x" } else { "" },
                question
            )),
            (any::<bool>(), any::<bool>()).prop_map(|(say, question)| EventKind::Acted {
                reply: if say { "x".into() } else { String::new() },
                question
            }),
            Just(EventKind::Spoken),
            Just(EventKind::TimerDue { name: None, say: "x".into() }),
            Just(EventKind::Notice { name: None, say: "x".into() }),
        ]
    }

    proptest! {
        #[test]
        fn every_sequence_ends_at_rest_in_bounded_time(
            events in prop::collection::vec((0u64..30_000, any_kind()), 0..60)
        ) {
            let limits = Limits::default();
            let mut now = 0;
            let mut state = State::Waiting;
            for (gap, kind) in events {
                now += gap;
                let (next, _) = step(state, &at(now, kind), &limits);
                // No state but rest is without an end, and none ends later than its limit.
                match next.until_ms() {
                    None => prop_assert!(matches!(next, State::Muted | State::Waiting)),
                    Some(until) => prop_assert!(until <= now + limits.ringing_ms),
                }
                state = next;
            }
            // Left alone, with nothing but time: Thinking -> Speaking -> rest is the longest way.
            let mut steps = 0;
            while let Some(until) = state.until_ms() {
                now = now.max(until);
                state = step(state, &at(now, EventKind::Tick), &limits).0;
                steps += 1;
                prop_assert!(steps <= 3);
            }
            prop_assert!(matches!(state, State::Muted | State::Waiting));
        }

        #[test]
        fn the_mute_switch_is_obeyed_from_every_state(
            events in prop::collection::vec((0u64..5_000, any_kind()), 0..60)
        ) {
            let limits = Limits::default();
            let mut now = 0;
            let mut muted = false;
            let mut state = State::Waiting;
            for (gap, kind) in events {
                now += gap;
                if let EventKind::Mute { on } = kind {
                    muted = on;
                }
                let (next, effects) = step(state, &at(now, kind), &limits);
                let listens = effects.iter().any(|e| matches!(e, Effect::Listen { .. }));
                prop_assert!(!(muted && listens));
                state = next;
            }
            while let Some(until) = state.until_ms() {
                now = now.max(until);
                state = step(state, &at(now, EventKind::Tick), &limits).0;
            }
            prop_assert_eq!(state, rest(muted));
        }
    }
}
