//! systemd's service manager: that we are ready, that we stop, and that we live.

use sd_notify::NotifyState;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a stopping watchdog is noticed.
const STEP: Duration = Duration::from_millis(50);

/// Tells the service manager that Sotto hears now; `status` is what `systemctl status` shows. Without a service
/// manager nothing happens.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells the service manager that Sotto ends in good order.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager cannot be told: {error}");
    }
}

/// Passes the audio heartbeat on to systemd's watchdog. When the counter stands still, no sign of life is sent,
/// and systemd restarts the service after `WatchdogSec`.
#[derive(Debug)]
pub struct Watchdog {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts to watch `heartbeat`, such as [`Assistant::heartbeat`](crate::assistant::Assistant::heartbeat);
    /// `None` where the service manager asked for no watchdog.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(heartbeat: Arc<AtomicU64>) -> std::io::Result<Option<Self>> {
        let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
            return Ok(None);
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("sotto-watchdog".into()).spawn(move || {
            // Three signs within the limit: one may be late without harm.
            watch(&heartbeat, limit / 3, &stopped, || tell(&[NotifyState::Watchdog]));
        })?;
        Ok(Some(Self { stop, thread: Some(thread) }))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that panicked has printed why.
            let _ = thread.join();
        }
    }
}

fn watch(heartbeat: &AtomicU64, pause: Duration, stop: &AtomicBool, mut sign: impl FnMut()) {
    let mut seen = None;
    while !stop.load(Ordering::Relaxed) {
        let now = heartbeat.load(Ordering::Relaxed);
        if seen.replace(now) != Some(now) {
            sign();
        }
        let end = Instant::now() + pause;
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            thread::sleep(STEP.min(pause));
        }
    }
}
