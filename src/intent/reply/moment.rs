//! Filters for templates: moments, lists, and a person's words turned to them.

use super::file::File;
use crate::intent::grammar::tokenize;
use minijinja::{Environment, Value, context};
use std::collections::BTreeMap;

/// Adds `moment`, `clock`, `sayall`, `toyou` and `toyou_me` (a person's order as ours: the same turning, and
/// the first letter small).
pub(super) fn add_filters(environment: &mut Environment<'static>, file: &File) {
    let join = (file.join.comma.clone(), file.join.and.clone());
    environment.add_filter("sayall", move |items: Vec<String>| match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{}{}{last}", rest.join(&join.0), join.1),
    });
    let table = file.toyou.clone();
    environment.add_filter("toyou", move |text: String| turned(&text, &table));
    let table = file.toyou.clone();
    environment.add_filter("toyou_me", move |text: String| {
        let text = turned(&text, &table);
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
    });
    let moments = file.moments.clone();
    environment
        .add_filter("clock", move |state: &minijinja::State<'_, '_>, at: Value| clock(state, &moments, &at));
    let (moments, clock_words, join) = (file.moments.clone(), file.clock.clone(), file.join.clone());
    environment.add_filter("moment", move |state: &minijinja::State<'_, '_>, at: Value| {
        let number = |key: &str| at.get_attr(key).ok().and_then(|v| i64::try_from(v).ok());
        let fill = |key: &str, values: Value| {
            let template = moments.get(key).map_or("", String::as_str);
            state.env().render_str(template, values)
        };
        let clock = clock(state, &moments, &at)?;
        let weekday = |day: i64| usize::try_from(day).ok().and_then(|d| clock_words.weekdays.get(d)).cloned();
        let month_name =
            |month: i64| usize::try_from(month - 1).ok().and_then(|m| clock_words.months.get(m)).cloned();
        let (month, day) = (number("month").and_then(month_name), number("day"));
        let repeat = at.get_attr("repeat").ok().filter(|repeat| !repeat.is_none() && !repeat.is_undefined());
        if let Some(repeat) = repeat {
            if let Some(seconds) = repeat.get_attr("seconds").ok().and_then(|s| i64::try_from(s).ok()) {
                return fill("every", context! { seconds });
            }
            if let Some(day) = repeat.get_attr("monthly").ok().and_then(|d| i64::try_from(d).ok()) {
                return fill("monthly", context! { day, clock });
            }
            let days: Vec<i64> = repeat
                .get_attr("days")
                .and_then(|days| {
                    days.try_iter().map(|all| all.filter_map(|d| i64::try_from(d).ok()).collect())
                })
                .unwrap_or_default();
            return match days.as_slice() {
                [] => fill("yearly", context! { month, day, clock }),
                [_, _, _, _, _, _, _] => fill("every_day", context! { clock }),
                [0, 1, 2, 3, 4] => fill("weekdays", context! { clock }),
                [5, 6] => fill("weekend", context! { clock }),
                several => {
                    let names: Vec<String> = several.iter().filter_map(|d| weekday(*d)).collect();
                    let days = match names.split_last() {
                        Some((last, rest)) if !rest.is_empty() => {
                            format!("{}{}{last}", rest.join(&join.comma), join.and)
                        }
                        _ => names.concat(),
                    };
                    fill("days", context! { days, clock })
                }
            };
        }
        if let Some(after) = number("after") {
            return fill("after", context! { after });
        }
        match number("days").unwrap_or(0) {
            0 => fill("today", context! { clock }),
            1 => fill("tomorrow", context! { clock }),
            2..=6 => fill("weekday", context! { weekday => number("weekday").and_then(weekday), clock }),
            _ => fill("date", context! { month, day, clock }),
        }
    });
}

fn clock(
    state: &minijinja::State<'_, '_>,
    moments: &BTreeMap<String, String>,
    at: &Value,
) -> Result<String, minijinja::Error> {
    let number = |key: &str| at.get_attr(key).ok().and_then(|v| i64::try_from(v).ok()).unwrap_or(0);
    let (hour, minute) = (number("hour"), number("minute"));
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let template = moments.get("clock").map_or("", String::as_str);
    state.env().render_str(template, context! { hour, hour12, minute })
}

/// "My keys are in the hall" as it is said to whom they belong: "your keys are in the hall".
fn turned(text: &str, table: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let tokens = tokenize(text);
    let mut at = 0;
    let mut copied = 0;
    while let Some(first) = tokens.get(at) {
        // "I'm" is cut in two: the longer phrase first.
        let found = [2usize, 1].iter().find_map(|count| {
            let last = tokens.get(at + count - 1)?;
            let said = text.get(first.start..last.end)?.to_lowercase().replace('’', "'");
            table.get(&said).map(|new| (*count, last.end, new))
        });
        match found {
            Some((count, end, new)) => {
                out.push_str(text.get(copied..first.start).unwrap_or(""));
                out.push_str(new);
                copied = end;
                at += count;
            }
            None => at += 1,
        }
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    out
}
