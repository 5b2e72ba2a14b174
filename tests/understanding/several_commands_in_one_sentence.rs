//! Several commands at once: of one kind or mixed, with shared or missing verbs and places.

use crate::{hear, in_area};
use serde_json::json;
use sotto::intent::{Command, Context, Refusal};

fn all(text: &str, area: &str) -> Vec<Command> {
    let understanding = hear(text, &in_area(area));
    assert_eq!(
        (understanding.refusals.len(), &understanding.question),
        (0, &None),
        "{text}: {understanding:?}"
    );
    understanding.commands
}

fn short(commands: &[Command]) -> Vec<String> {
    commands
        .iter()
        .map(|command| format!("{} {}", command.intent.trim_start_matches("Hass"), command.targets.join("+")))
        .collect()
}

const KITCHEN: &str = "light.counter_lights+light.kitchen_ceiling";
const BEDROOM: &str = "light.bedroom_ceiling+light.bedside_lamp";

#[test]
fn each_part_is_a_command() {
    let two = all("turn on the kitchen lights and set the bedroom to 20 percent", "Office");
    assert_eq!(short(&two), [format!("TurnOn {KITCHEN}"), format!("LightSet {BEDROOM}")]);
    assert_eq!(two[1].slots["brightness"], json!(20));
    assert_eq!(
        short(&all("Lock the front door, turn off the TV and close the garage.", "Office")),
        ["TurnOn lock.front_door", "TurnOff media_player.tv", "TurnOff cover.garage_door"]
    );
    assert_eq!(
        short(&all("set a timer for five minutes and turn on the desk lamp", "Office")),
        ["StartTimer ", "TurnOn light.desk_lamp"]
    );
    assert_eq!(
        short(&all("Turn on the desk lamp. Then turn off the printer!", "Office")),
        ["TurnOn light.desk_lamp", "TurnOff switch.printer"]
    );
}

#[test]
fn a_verb_said_once_is_meant_for_all() {
    assert_eq!(
        short(&all("turn off the desk lamp and the printer", "Office")),
        ["TurnOff light.desk_lamp", "TurnOff switch.printer"]
    );
    assert_eq!(
        short(&all("turn on the kitchen and bedroom lights", "Office")),
        [format!("TurnOn {KITCHEN}"), format!("TurnOn {BEDROOM}")]
    );
    assert_eq!(
        short(&all("turn on the kitchen, bedroom and hallway lights", "Office")),
        [format!("TurnOn {KITCHEN}"), format!("TurnOn {BEDROOM}"), "TurnOn light.hallway".into()]
    );
    let set = all("set the bedroom to 20 percent and the kitchen to 50 percent", "Office");
    assert_eq!(short(&set), [format!("LightSet {BEDROOM}"), format!("LightSet {KITCHEN}")]);
    assert_eq!((&set[0].slots["brightness"], &set[1].slots["brightness"]), (&json!(20), &json!(50)));
    assert_eq!(
        short(&all("open the blinds and the bedroom curtains", "Living Room")),
        ["TurnOn cover.living_room_blinds", "TurnOn cover.bedroom_curtains"]
    );
}

#[test]
fn a_place_said_once_is_meant_for_all_that_lack_one() {
    assert_eq!(
        short(&all("turn off the lights and the heating and close the curtains in the bedroom", "Bedroom"))
            .len(),
        3
    );
    assert_eq!(
        short(&all("turn off the lights and close the curtains in the bedroom", "Kitchen")),
        [format!("TurnOff {BEDROOM}"), "TurnOff cover.bedroom_curtains".into()]
    );
    assert_eq!(
        short(&all("turn off the bedroom lights and close the curtains", "Kitchen")),
        [format!("TurnOff {BEDROOM}"), "TurnOff cover.bedroom_curtains".into()]
    );
    assert_eq!(
        short(&all("turn off the lights and the fan, and close the blinds in the living room", "Kitchen")),
        [
            "TurnOff light.floor_lamp+light.living_room_ceiling",
            "TurnOff fan.ceiling_fan",
            "TurnOff cover.living_room_blinds"
        ]
    );
}

#[test]
fn what_was_spoken_of_first_is_it_in_the_second() {
    let two = all("turn on the desk lamp and set it to 30 percent", "Kitchen");
    assert_eq!(short(&two), ["TurnOn light.desk_lamp", "LightSet light.desk_lamp"]);
}

#[test]
fn a_part_that_makes_no_sense_spoils_the_sentence() {
    let understanding = hear("turn on the desk lamp and wibble the frobnicator", &in_area("Office"));
    assert!(!understanding.understood(), "{understanding:?}");
}

#[test]
fn a_part_about_what_is_not_there_is_named_and_the_rest_is_understood() {
    let understanding = hear("turn off the aquarium and the kitchen lights", &in_area("Office"));
    assert_eq!(short(&understanding.commands), ["TurnOff ".to_string(), format!("TurnOff {KITCHEN}")]);
    assert_eq!(understanding.refusals, [Refusal::NoEntity { name: "aquarium".into(), area: None }]);
}

#[test]
fn rooms_left_out_together_are_one_command() {
    let one = all("turn off all the lights except the kitchen, the bedroom and the office", "Office");
    assert_eq!(
        short(&one),
        ["TurnOff light.bathroom+light.floor_lamp+light.hallway+light.living_room_ceiling"]
    );
}

#[test]
fn a_long_chain_ends() {
    let text = vec!["turn on the desk lamp"; 40].join(" and ");
    let began = std::time::Instant::now();
    hear(&text, &in_area("Office"));
    let nonsense = vec!["xyzzy"; 50].join(" and ");
    assert!(!hear(&nonsense, &Context::default()).understood());
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
}

#[test]
fn a_timers_name_swallows_no_other_command() {
    let texts = [
        ("turn on the desk lamp and set a timer for five minutes", "StartTimer ", None),
        ("turn on the desk lamp and set a pasta timer for five minutes", "StartTimer ", Some("pasta")),
    ];
    for (text, timer, name) in texts {
        let commands = all(text, "Office");
        assert_eq!(short(&commands), ["TurnOn light.desk_lamp", timer], "{text}");
        assert_eq!(commands[1].text_slot("name"), name, "{text}");
    }
    let three = all(
        "turn on the desk lamp and set a timer for five minutes and close the bedroom curtains",
        "Office",
    );
    assert_eq!(short(&three), ["TurnOn light.desk_lamp", "StartTimer ", "TurnOff cover.bedroom_curtains"]);
    let one = all("set a salt and pepper timer for five minutes", "Office");
    assert_eq!((one.len(), one[0].text_slot("name")), (1, Some("salt and pepper")));
}
