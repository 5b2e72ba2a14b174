//! The threads around the state machine.
//!
//! Four threads, each with its own job and a bounded queue: *hearing* (frames → wake words and
//! utterances), *thinking* (speech-to-text, understanding, delivery), *speaking* (text-to-speech and the
//! loudspeaker) and the *core*, which owns the state and is the only one that calls [`step`]. None of them
//! waits for another: what does not fit a queue is dropped and said so, and the state machine's time-outs
//! end what never came back.

use super::brain::Brain;
use super::dialogue::Ringer;
use super::ear::{Ear, Noticed};
use super::event::{Event, EventKind, Phase};
use super::hands::Hands;
use super::mouth::Mouth;
use super::source::{Sounded, Source};
use super::state::{Effect, Fixed, Limits, State, step, takes_timer};
use super::thought::Thought;
use crate::audio::Utterance;
use crate::vad::Pause;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Events that may wait for the core.
const INBOX: usize = 1024;
/// Jobs that may wait for a worker.
const JOBS: usize = 16;
/// Events that a slow watcher may be behind.
const WATCHED: usize = 4096;
/// How often it is looked whether a routine has something to do, when nobody speaks.
const TEND: Duration = Duration::from_millis(500);
/// Commands that could not be begun within this are not begun; the delivery has its own deadline after that.
const ACT_WITHIN: Duration = Duration::from_secs(5);
/// How often time itself is an event.
const TICK: Duration = Duration::from_millis(50);

/// Where events come in and go out.
#[derive(Clone)]
pub struct Bus {
    inbox: SyncSender<Event>,
    watchers: broadcast::Sender<Event>,
    began: Instant,
}

impl Bus {
    /// Milliseconds since the assistant began.
    pub fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Hands an event to the state machine, and by it to everyone.
    pub fn send(&self, kind: EventKind) {
        let event = Event { at_ms: self.now_ms(), kind };
        if let Err(TrySendError::Full(event)) = self.inbox.try_send(event) {
            tracing::error!("the assistant is too busy: dropped {:?}", event.kind);
        }
    }

    /// Tells everyone without moving the state machine.
    pub fn tell(&self, kind: EventKind) {
        // No watcher is no error.
        let _ = self.watchers.send(Event { at_ms: self.now_ms(), kind });
    }

    /// The stream of events from now on.
    pub fn watch(&self) -> broadcast::Receiver<Event> {
        self.watchers.subscribe()
    }
}

/// The receiving end of a [`Bus`], for [`Assistant::start`].
pub struct Inbox(Receiver<Event>);

/// A bus and its receiving end.
pub fn bus() -> (Bus, Inbox) {
    let (inbox, events) = sync_channel(INBOX);
    let (watchers, _) = broadcast::channel(WATCHED);
    (Bus { inbox, watchers, began: Instant::now() }, Inbox(events))
}

/// The parts that the threads run.
pub struct Parts {
    /// Wake word and endpointing.
    pub ear: Ear,
    /// Where sound comes from.
    pub source: Box<dyn Source>,
    /// Speech-to-text, understanding, dialogue.
    pub brain: Brain,
    /// Where publishes go.
    pub hands: Box<dyn Hands>,
    /// Text-to-speech and the loudspeaker.
    pub mouth: Mouth,
}

/// A running assistant; dropping it stops the threads.
pub struct Assistant {
    bus: Bus,
    stop: Arc<AtomicBool>,
    hush: Arc<AtomicBool>,
    heartbeat: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

enum EarJob {
    Listen(Option<u64>),
    Stop,
    /// What was said before the pause that began at this time of the stream, in ms.
    Allow(u64, Pause),
}

enum BrainJob {
    /// The person may have finished: begin to make text of it, so that it is there when they have.
    Foresee(Arc<Utterance>),
    Transcribe(Arc<Utterance>),
    Think(String),
    /// Carry this out, if it is not too long ago that it was asked for.
    Act(Arc<Thought>, Instant),
    DropQuestion,
}

enum MouthJob {
    Say(String),
    SayFixed(Fixed),
    Ring(String),
}

impl Assistant {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(bus: Bus, inbox: Inbox, parts: Parts, limits: Limits) -> std::io::Result<Self> {
        let Parts { ear, source, brain, hands, mouth } = parts;
        let stop = Arc::new(AtomicBool::new(false));
        let heartbeat = Arc::new(AtomicU64::new(0));
        let hush = Arc::new(AtomicBool::new(false));
        let heed = Arc::new(AtomicBool::new(true));
        let (ear_jobs, ear_queue) = sync_channel(JOBS);
        let (brain_jobs, brain_queue) = sync_channel(JOBS);
        let (mouth_jobs, mouth_queue) = sync_channel(JOBS);
        let ringer = brain.ringer();
        let core = Core {
            state: State::Waiting,
            limits,
            bus: bus.clone(),
            ear: ear_jobs,
            brain: brain_jobs,
            mouth: mouth_jobs,
            hush: Arc::clone(&hush),
            heed: Arc::clone(&heed),
        };
        let mut threads = Vec::new();
        let mut spawn = |name: &str, run: Box<dyn FnOnce() + Send>| -> std::io::Result<()> {
            threads.push(thread::Builder::new().name(format!("sotto-{name}")).spawn(run)?);
            Ok(())
        };
        {
            let senses = Senses {
                bus: bus.clone(),
                brain: core.brain.clone(),
                stop: Arc::clone(&stop),
                heed,
                heartbeat: Arc::clone(&heartbeat),
            };
            spawn("hearing", Box::new(move || hear(ear, source, &ear_queue, &senses)))?;
        }
        {
            let (bus, ear) = (bus.clone(), core.ear.clone());
            spawn("thinking", Box::new(move || think(brain, hands, &bus, &ear, &brain_queue)))?;
        }
        {
            let (bus, hushed) = (bus.clone(), Arc::clone(&hush));
            spawn("speaking", Box::new(move || speak(mouth, &bus, &mouth_queue, &hushed)))?;
        }
        {
            let stop = Arc::clone(&stop);
            spawn("core", Box::new(move || core.run(&inbox.0, &stop, ringer)))?;
        }
        Ok(Self { bus, stop, hush, heartbeat, threads })
    }

    /// Where events come in and go out.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Counts the frames that the hearing thread has taken: a watchdog's proof of life.
    pub fn heartbeat(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.heartbeat)
    }

    /// Whether one of the threads has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.hush.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A worker that panicked has printed why.
            let _ = thread.join();
        }
    }
}

struct Core {
    state: State,
    limits: Limits,
    bus: Bus,
    ear: SyncSender<EarJob>,
    brain: SyncSender<BrainJob>,
    mouth: SyncSender<MouthJob>,
    hush: Arc<AtomicBool>,
    heed: Arc<AtomicBool>,
}

impl Core {
    /// The queues' ends are dropped on return, which ends the workers.
    fn run(mut self, inbox: &Receiver<Event>, stop: &AtomicBool, mut ringer: Ringer) {
        let mut waiting = std::collections::VecDeque::new();
        let mut notices = std::collections::VecDeque::new();
        while !stop.load(Ordering::Relaxed) {
            let event = match inbox.recv_timeout(TICK) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event { at_ms: self.bus.now_ms(), kind: EventKind::Tick },
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match event.kind {
                // Nobody is interrupted by one.
                EventKind::Notice { .. } => notices.push_back(event.kind),
                _ => self.take(event),
            }
            waiting.extend(ringer.due(&jiff::ZonedDateTime::now()));
            if takes_timer(&self.state)
                && let Some(ring) = waiting.pop_front()
            {
                ringer.rung(ring.id);
                let kind = EventKind::TimerDue { name: ring.name, say: ring.say };
                self.take(Event { at_ms: self.bus.now_ms(), kind });
            } else if takes_timer(&self.state)
                && let Some(kind) = notices.pop_front()
            {
                self.take(Event { at_ms: self.bus.now_ms(), kind });
            }
        }
    }

    fn take(&mut self, event: Event) {
        let before = self.state.phase();
        let (state, effects) = step(self.state.clone(), &event, &self.limits);
        self.state = state;
        if !matches!(event.kind, EventKind::Tick) {
            let _ = self.bus.watchers.send(event);
        }
        let phase = self.state.phase();
        if phase != before {
            // While we think and act, a second command would only be confused with the first.
            self.heed
                .store(!matches!(phase, Phase::Muted | Phase::Thinking | Phase::Acting), Ordering::Relaxed);
            self.bus.tell(EventKind::PhaseChanged(phase));
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        let lost = match effect {
            Effect::Listen { word_end_ms } => self.ear.try_send(EarJob::Listen(word_end_ms)).is_err(),
            Effect::StopListening => self.ear.try_send(EarJob::Stop).is_err(),
            Effect::Transcribe(utterance) => self.brain.try_send(BrainJob::Transcribe(utterance)).is_err(),
            Effect::Think(text) => self.brain.try_send(BrainJob::Think(text)).is_err(),
            Effect::Act(thought) => self.brain.try_send(BrainJob::Act(thought, Instant::now())).is_err(),
            Effect::DropQuestion => self.brain.try_send(BrainJob::DropQuestion).is_err(),
            Effect::Say(text) => self.speak(MouthJob::Say(text)),
            Effect::SayFixed(fixed) => self.speak(MouthJob::SayFixed(fixed)),
            Effect::Ring(say) => self.speak(MouthJob::Ring(say)),
            Effect::StopSpeaking | Effect::StopRinging => {
                self.hush.store(true, Ordering::Relaxed);
                false
            }
        };
        if lost {
            tracing::error!("a worker is stuck: its queue is full");
        }
    }

    fn speak(&self, job: MouthJob) -> bool {
        self.hush.store(false, Ordering::Relaxed);
        self.mouth.try_send(job).is_err()
    }
}

/// What the hearing thread shares with the others.
struct Senses {
    bus: Bus,
    brain: SyncSender<BrainJob>,
    stop: Arc<AtomicBool>,
    /// Whether a wake word counts now.
    heed: Arc<AtomicBool>,
    heartbeat: Arc<AtomicU64>,
}

fn hear(mut ear: Ear, mut source: Box<dyn Source>, jobs: &Receiver<EarJob>, senses: &Senses) {
    let bus = &senses.bus;
    while !senses.stop.load(Ordering::Relaxed) {
        for job in jobs.try_iter() {
            match job {
                EarJob::Listen(word_end_ms) => ear.listen(word_end_ms),
                EarJob::Stop => ear.stop(),
                EarJob::Allow(speech_end_ms, pause) => ear.allow(speech_end_ms, pause),
            }
        }
        match source.next() {
            Sounded::Frame(frame) => {
                senses.heartbeat.fetch_add(1, Ordering::Relaxed);
                match ear.push(&frame, senses.heed.load(Ordering::Relaxed)) {
                    None | Some(Noticed::Resumed) => {}
                    Some(Noticed::Woke(d)) => {
                        bus.send(EventKind::Woke { word: d.word, word_end_ms: d.at_ms, score: d.score });
                    }
                    Some(Noticed::SpeechStarted(_)) => bus.tell(EventKind::SpeechStarted),
                    Some(Noticed::Paused(utterance)) => {
                        // A thinking thread that is busy will do it later, in earnest.
                        let _ = senses.brain.try_send(BrainJob::Foresee(Arc::new(utterance)));
                    }
                    Some(Noticed::Ended(utterance)) => {
                        bus.tell(EventKind::SpeechStopped {
                            ago_ms: ear.now_ms().saturating_sub(utterance.speech_end_ms),
                        });
                        bus.send(EventKind::SpeechEnded(Arc::new(utterance)));
                    }
                    Some(Noticed::NobodySpoke) => bus.send(EventKind::NobodySpoke),
                }
            }
            // A microphone that is away is waited for by the source itself; we are alive all the same.
            Sounded::Nothing => {
                senses.heartbeat.fetch_add(1, Ordering::Relaxed);
            }
            Sounded::Told(kind) => bus.tell(kind),
            Sounded::Ended => return,
        }
    }
}

fn think(
    mut brain: Brain,
    mut hands: Box<dyn Hands>,
    bus: &Bus,
    ear: &SyncSender<EarJob>,
    jobs: &Receiver<BrainJob>,
) {
    loop {
        let job = match jobs.recv_timeout(TEND) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                for happening in brain.tend(hands.as_mut(), false) {
                    for action in &happening.actions {
                        bus.tell(EventKind::ActionSent(action.clone()));
                    }
                    if !happening.say.is_empty() {
                        bus.send(EventKind::Notice {
                            name: happening.name.clone(),
                            say: happening.say.clone(),
                        });
                    }
                    brain.delivered(&[happening.outbox]);
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match job {
            BrainJob::Foresee(utterance) => {
                if let Some(pause) = brain.foresee(&utterance) {
                    // A hearing thread that is so busy ends the utterance in its usual time.
                    let _ = ear.try_send(EarJob::Allow(utterance.speech_end_ms, pause));
                }
            }
            BrainJob::Transcribe(utterance) => bus.send(brain.transcribe(&utterance)),
            BrainJob::Think(text) => {
                let thought = brain.think(&text);
                bus.send(EventKind::Thought(Arc::new(thought)));
            }
            // Behind a routine that waited for a broker in vain, say: by now nobody expects it any more.
            BrainJob::Act(_, asked) if asked.elapsed() > ACT_WITHIN => {
                let reply = brain.replies().fixed("took_too_long", 0);
                bus.send(EventKind::Acted { reply, question: false });
            }
            BrainJob::Act(thought, _) => {
                let settled = brain.act(&thought, hands.as_mut(), &mut |kind| bus.tell(kind));
                bus.send(EventKind::Acted { reply: settled.reply, question: settled.question });
            }
            BrainJob::DropQuestion => brain.drop_question(),
        }
    }
}

fn speak(mut mouth: Mouth, bus: &Bus, jobs: &Receiver<MouthJob>, hush: &AtomicBool) {
    for job in jobs {
        match job {
            MouthJob::Say(text) => mouth.say(&text, hush, &mut |kind| bus.tell(kind)),
            MouthJob::SayFixed(fixed) => mouth.say_fixed(fixed, hush, &mut |kind| bus.tell(kind)),
            MouthJob::Ring(text) => mouth.ring(&text, hush, &mut |kind| bus.tell(kind)),
        }
        bus.send(EventKind::Spoken);
    }
}
