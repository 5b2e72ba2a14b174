//! systemd hears that Sotto is ready, lives and stops, and hears nothing when hearing stands still.

use sotto::board::{Watchdog, ready, stopping};
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(1_200);

/// What arrives on the socket until nothing has come for `quiet`.
fn heard(socket: &UnixDatagram, quiet: Duration) -> Vec<String> {
    socket.set_read_timeout(Some(quiet)).unwrap();
    let mut messages = Vec::new();
    let mut message = [0; 512];
    loop {
        match socket.recv(&mut message) {
            Ok(length) => messages.push(String::from_utf8_lossy(&message[..length]).into_owned()),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return messages,
            Err(e) => panic!("{e}"),
        }
    }
}

/// The service, in a process of its own, because the service manager speaks through the environment.
#[test]
fn the_service_s_part() {
    if std::env::var_os("SOTTO_TEST_SERVICE").is_none() {
        return;
    }
    let heartbeat = Arc::new(AtomicU64::new(0));
    let watchdog = Watchdog::start(Arc::clone(&heartbeat)).unwrap();
    assert!(watchdog.is_some(), "a watchdog was asked for");
    ready("hearing");
    let end = Instant::now() + LIMIT * 2;
    while Instant::now() < end {
        heartbeat.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
    }
    ready("standing still");
    thread::sleep(LIMIT * 2);
    stopping();
}

#[test]
fn signs_of_life_come_only_while_the_heart_beats() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["the_service_s_part", "--exact"])
        .env("SOTTO_TEST_SERVICE", "1")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", LIMIT.as_micros().to_string())
        .env_remove("WATCHDOG_PID")
        .spawn()
        .unwrap();
    let messages = heard(&socket, LIMIT * 6);
    assert!(child.wait_with_output().unwrap().status.success());
    let at =
        |text: &str| messages.iter().position(|m| m.contains(text)).unwrap_or_else(|| panic!("{messages:?}"));
    let (hearing, still, stopped) = (at("STATUS=hearing"), at("STATUS=standing still"), at("STOPPING=1"));
    assert!(messages[hearing].contains("READY=1"));
    let signs =
        |from: usize, to: usize| messages[from..to].iter().filter(|m| m.contains("WATCHDOG=1")).count();
    // Three within the limit, for twice the limit; one more may already be on its way when the heart stops.
    assert!((3..=7).contains(&signs(0, still)), "{messages:?}");
    assert!(signs(still, stopped) <= 1, "{messages:?}");
}

#[test]
fn without_a_service_manager_nothing_happens() {
    if std::env::var_os("NOTIFY_SOCKET").is_some() {
        println!("skipped: a service manager runs this test");
        return;
    }
    ready("hearing");
    stopping();
    assert!(Watchdog::start(Arc::default()).unwrap().is_none());
}
