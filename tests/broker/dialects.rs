//! A home whose devices speak five dialects, on a real Mosquitto, driven by sentences: each device hears its
//! own dialect, and the state that comes back in that dialect confirms the command.

use crate::simulated::{demo, house_of};
use sotto::home::Outcome;
use sotto::home::simulated::SimulatedDialect;
use std::collections::BTreeMap;

#[test]
fn sentences_drive_the_devices_of_all_five_dialects() {
    let dialects: Vec<SimulatedDialect> = SimulatedDialect::ALL.iter().map(|(_, dialect)| *dialect).collect();
    let devices = demo().speaking(&dialects);
    let Some(mut house) = house_of(devices.clone()) else { return };
    let view = house.home.view();
    assert_eq!(view.entities.len(), 28);
    // Scenes, buttons and the like have no state; everything else is known, told or asked for.
    let unknown: Vec<&str> = view
        .entities
        .iter()
        .filter(|e| e.state.value.is_none() && e.domain() != "scene")
        .map(|e| e.id.as_str())
        .collect();
    assert_eq!(unknown, [""; 0]);
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for entity in &view.entities {
        let name = entity.name.to_lowercase();
        let sentences: Vec<(String, &str)> = match entity.domain() {
            "light" | "switch" | "fan" => {
                vec![(format!("turn on the {name}"), "on"), (format!("turn off the {name}"), "off")]
            }
            "cover" if entity.device_class.as_deref() != Some("garage") => {
                vec![(format!("close the {name}"), "closed"), (format!("open the {name}"), "open")]
            }
            "climate" => vec![(format!("set the {name} to 22 degrees"), "heat")],
            _ => continue,
        };
        let dialect = devices.dialect(&entity.id).unwrap().to_string();
        for (sentence, state) in sentences {
            let (reply, outcomes, published) = house.say(&sentence);
            assert!(published > 0, "{dialect}: {sentence}: {reply}");
            // Some devices take a command in several messages.
            let confirmed = outcomes.len() == published && outcomes.iter().all(|o| *o == Outcome::Done);
            assert!(confirmed, "{dialect}: {sentence}: {reply} {outcomes:?}");
            let now = house.state(&entity.id).unwrap_or_default();
            let moving = matches!((state, now.as_str()), ("closed", "closing") | ("open", "opening"));
            assert!(now == state || moving, "{dialect}: {sentence}: {now}");
            *done.entry(dialect.clone()).or_default() += 1;
        }
    }
    println!("sentences carried out and confirmed by dialect: {done:?}");
    assert_eq!(done.len(), 5, "{done:?}");
    assert!(done.values().all(|count| *count >= 4), "{done:?}");
}

#[test]
fn brightness_colour_and_position_come_back_in_every_dialect() {
    for (name, dialect) in SimulatedDialect::ALL {
        let Some(mut house) = house_of(demo().speaking(&[*dialect])) else { return };
        for sentence in ["set the counter lights to 40 percent", "set the living room blinds to 30 percent"] {
            let (reply, outcomes, published) = house.say(sentence);
            let confirmed = published > 0 && outcomes.iter().all(|o| *o == Outcome::Done);
            assert!(confirmed, "{name}: {sentence}: {reply} {outcomes:?}");
        }
        let view = house.home.view();
        let brightness = view.entity("light.counter_lights").unwrap().state.number("brightness").unwrap();
        assert!((brightness - 102.0).abs() <= 2.0, "{name}: {brightness}");
    }
}
