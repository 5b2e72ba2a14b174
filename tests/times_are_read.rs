//! Times as people say them, whatever the clock says.

use jiff::ZonedDateTime;
use proptest::prelude::*;
use sotto::intent::when::When;

fn at(text: &str) -> ZonedDateTime {
    text.parse().unwrap()
}

fn next(said: &str, now: &str) -> String {
    let when = When::read(said, "en").unwrap_or_else(|| panic!("\"{said}\" is no time"));
    when.next(&at(now), false).map_or("never".into(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

const TUESDAY: &str = "2026-11-24T10:00:00+01:00[Europe/Berlin]";

#[test]
fn times_are_said_in_many_ways() {
    for (said, expected) in [
        ("at seven", "2026-11-24 19:00"),
        ("for eleven", "2026-11-24 11:00"),
        ("at half past seven", "2026-11-24 19:30"),
        ("at quarter to eight in the evening", "2026-11-24 19:45"),
        ("at 7:30 pm", "2026-11-24 19:30"),
        ("at 7.30 p.m.", "2026-11-24 19:30"),
        ("at 19:45", "2026-11-24 19:45"),
        ("at 07:15", "2026-11-25 07:15"),
        ("tomorrow at seven", "2026-11-25 07:00"),
        ("tomorrow at seven thirty", "2026-11-25 07:30"),
        ("tomorrow at three", "2026-11-25 15:00"),
        ("tomorrow morning", "2026-11-25 08:00"),
        ("tomorrow evening at six", "2026-11-25 18:00"),
        ("tonight at nine", "2026-11-24 21:00"),
        ("this evening", "2026-11-24 19:00"),
        ("at noon", "2026-11-24 12:00"),
        ("at midnight", "2026-11-25 00:00"),
        ("on friday at noon", "2026-11-27 12:00"),
        ("friday at eight", "2026-11-27 08:00"),
        ("on december 24th at five", "2026-12-24 17:00"),
        ("on the third of may at ten", "2027-05-03 10:00"),
        ("on may 3 at ten", "2027-05-03 10:00"),
        ("in ten minutes", "2026-11-24 10:10"),
        ("in half an hour", "2026-11-24 10:30"),
        ("in an hour and a half", "2026-11-24 11:30"),
        ("in two hours and fifteen minutes", "2026-11-24 12:15"),
        ("in three days", "2026-11-27 10:00"),
        ("every day at eight", "2026-11-25 08:00"),
        ("every weekday at seven", "2026-11-25 07:00"),
        ("at seven every weekday", "2026-11-25 07:00"),
        ("every morning at six thirty", "2026-11-25 06:30"),
        ("every evening at nine", "2026-11-24 21:00"),
        ("on weekends at nine", "2026-11-28 09:00"),
        ("every monday and thursday at eight pm", "2026-11-26 20:00"),
        ("on mondays at eight", "2026-11-30 08:00"),
        ("every two hours", "2026-11-24 12:00"),
        ("on the first at nine", "2026-12-01 09:00"),
        ("twenty past six", "2026-11-24 18:20"),
        ("five to six", "2026-11-24 17:55"),
        ("six o'clock", "2026-11-24 18:00"),
        ("seven oh five", "2026-11-24 19:05"),
        ("at twenty two thirty", "2026-11-24 22:30"),
    ] {
        assert_eq!(next(said, TUESDAY), expected, "{said}");
    }
}

#[test]
fn what_is_no_time_is_none() {
    for said in [
        "",
        "the kitchen",
        "at",
        "in the garden",
        "seven lamps",
        "every",
        "ten percent",
        "at seven in ten minutes",
        "tomorrow today",
    ] {
        assert_eq!(When::read(said, "en"), None, "{said}");
    }
}

#[test]
fn the_clocks_may_be_changed_in_between() {
    // On 29 March 2026 there is no half past two in Berlin, on 25 October there are two.
    let before = "2026-03-28T22:00:00+01:00[Europe/Berlin]";
    assert_eq!(next("at seven in the morning", before), "2026-03-29 07:00");
    assert_eq!(next("at 02:30", before), "2026-03-29 03:30");
    assert_eq!(next("in ten hours", before), "2026-03-29 09:00");
    let before = "2026-10-24T22:00:00+02:00[Europe/Berlin]";
    assert_eq!(next("at 02:30", before), "2026-10-25 02:30");
    assert_eq!(next("in ten hours", before), "2026-10-25 07:00");
}

#[test]
fn times_in_mandarin() {
    for (said, expected) in [
        ("明天早上九点", "2026-11-25 09:00"),
        ("晚上八点半", "2026-11-24 20:30"),
        ("每个工作日早上七点", "2026-11-25 07:00"),
        ("十分钟后", "2026-11-24 10:10"),
        ("一个半小时后", "2026-11-24 11:30"),
        ("星期五下午三点", "2026-11-27 15:00"),
    ] {
        let when = When::read(said, "zh-CN").unwrap_or_else(|| panic!("{said}"));
        assert_eq!(
            when.next(&at(TUESDAY), false).unwrap().strftime("%Y-%m-%d %H:%M").to_string(),
            expected,
            "{said}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,40}") {
        for language in ["en", "zh-CN"] {
            if let Some(when) = When::read(&text, language) {
                let now = at(TUESDAY);
                prop_assert!(when.next(&now, false).is_none_or(|next| next > now));
            }
        }
    }

    #[test]
    fn any_time_words_are_survived(words in proptest::collection::vec(prop::sample::select(vec![
        "at", "in", "on", "every", "the", "a", "half", "past", "to", "seven", "ten", "24th", "monday", "weekday", "tomorrow",
        "morning", "evening", "night", "minutes", "hours", "and", "pm", "noon", "may", "first", "of", "7:30", "99", "o'clock",
    ]), 1..9)) {
        let now = at(TUESDAY);
        if let Some(when) = When::read(&words.join(" "), "en") {
            prop_assert!(when.next(&now, false).is_none_or(|next| next > now), "{:?}", words);
        }
    }

    #[test]
    fn a_clock_time_is_the_next_of_its_kind(hour in 0i8..24, minute in 0i8..60, seconds in 0i64..40_000_000) {
        let now = at(TUESDAY).checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        let when = When::read(&format!("at {hour:02}:{minute:02}"), "en").unwrap();
        let next = when.next(&now, false).unwrap();
        prop_assert!(next > now);
        let hours = (next.timestamp().as_second() - now.timestamp().as_second()) as f64 / 3600.0;
        prop_assert!(hours <= 25.0, "{} h", hours);
        if when.clock.is_some_and(|clock| !clock.either) {
            prop_assert_eq!(next.minute(), minute);
        }
    }
}
