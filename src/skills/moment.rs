//! A moment as data for a reply's templates.

use crate::intent::when::{Repeat, When};
use jiff::ZonedDateTime;
use serde_json::{Value, json};

/// `{"days", "weekday", "month", "day", "hour", "minute", "repeat"}`: `days` from today, `weekday` from 0 for
/// Monday, `repeat` null, `{"days": [0, …]}`, `{"seconds"}`, `{"monthly"}` or `{"yearly"}`.
pub fn describe(at: &ZonedDateTime, now: &ZonedDateTime, when: Option<&When>) -> Value {
    let repeat = when.and_then(|when| when.repeat).map(|repeat| match repeat {
        Repeat::Days(mask) => {
            json!({ "days": (0..7).filter(|day| mask & (1 << day) != 0).collect::<Vec<u8>>() })
        }
        Repeat::Seconds(seconds) => json!({ "seconds": seconds }),
        Repeat::Monthly(day) => json!({ "monthly": day }),
        Repeat::Yearly(month, day) => json!({ "yearly": [month, day] }),
    });
    json!({
        "days": (at.date() - now.date()).get_days(),
        "after": when.and_then(|when| when.after_s),
        "weekday": at.weekday().to_monday_zero_offset(),
        "month": at.month(), "day": at.day(), "hour": at.hour(), "minute": at.minute(),
        "repeat": repeat,
    })
}
