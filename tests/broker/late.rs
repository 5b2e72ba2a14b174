//! A plan of several commands: none of them is late because another had to wait.

use sotto::assistant::{BrokerHands, Hands, Line, SharedHome, Step};
use sotto::home::{Action, Home, HomeConfig, Outcome};
use sotto::intent::Command;
use sotto::mqtt::BrokerConfig;
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[test]
fn a_plan_has_one_deadline_however_many_commands_it_has() {
    // A port on which nobody listens.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let home = SharedHome::new(Home::new(HomeConfig::default()));
    let config = BrokerConfig::at(format!("mqtt://127.0.0.1:{port}"));
    let line = runtime.block_on(async { Line::open(&config, home.clone(), |_| {}) }).unwrap();
    let deadline = Duration::from_millis(500);
    let handle = runtime.handle().clone();
    let mut hands =
        BrokerHands::new(line.publisher, home, line.changes, handle, deadline, Duration::from_secs(2));
    let step = Step {
        command: Command::new("HassTurnOn"),
        actions: vec![Action::Publish { topic: "lamp/set".into(), payload: "ON".into() }],
        expects: Vec::new(),
    };
    let began = Instant::now();
    let outcomes = hands.carry_out(&[&step; 6]);
    assert_eq!(outcomes, vec![Outcome::Dropped; 6]);
    // Six deadlines one after the other would be six times as long.
    assert!(began.elapsed() < deadline * 3, "{:?}", began.elapsed());
}
