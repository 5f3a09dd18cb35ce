//! Dates and times of day.

use std::fmt::Write;

use crate::syntax::timestamp::Moment;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2026-01-31 Sat 10:00`
pub fn write(moment: &Moment, out: &mut String) {
    format(moment, if moment.time.is_some() { "%Y-%m-%d %a %H:%M" } else { "%Y-%m-%d %a" }, out);
}

/// What `strftime` makes of the format, in English; days that no month has
/// are those of the next one.
pub fn format(moment: &Moment, format: &str, out: &mut String) {
    let [year, month, day] = [moment.year, moment.month, moment.day].map(i64::from);
    let minutes = moment.time.map_or(0, |(hour, minute)| i64::from(hour) * 60 + i64::from(minute));
    let months = month - 1;
    let days = days(year + months.div_euclid(12), months.rem_euclid(12) + 1) + day - 1;
    let days = days + minutes.div_euclid(1440);
    let (year, month, day) = civil(days);
    let (hour, minute) = (minutes.rem_euclid(1440) / 60, minutes.rem_euclid(60));
    let weekday = (days + 4).rem_euclid(7);
    let name = |names: &[&'static str], i: i64| usize::try_from(i).ok().and_then(|i| names.get(i).copied());
    let day_name = name(&DAYS, weekday).unwrap_or("");
    let month_name = name(&MONTHS, month - 1).unwrap_or("");
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let twelve = (hour + 11) % 12 + 1;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let mut behind = rest.get(at + 1..).unwrap_or("").chars();
        let directive = behind.next();
        // Writing to a `String` never fails.
        let _ = match directive {
            Some('Y') => write!(out, "{year:04}"),
            Some('y') => write!(out, "{:02}", year.rem_euclid(100)),
            Some('C') => write!(out, "{:02}", year.div_euclid(100)),
            Some('m') => write!(out, "{month:02}"),
            Some('d') => write!(out, "{day:02}"),
            Some('e') => write!(out, "{day:2}"),
            Some('j') => write!(out, "{:03}", days - self::days(year, 1) + 1),
            Some('F') => write!(out, "{year:04}-{month:02}-{day:02}"),
            Some('D') => write!(out, "{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
            Some('A') => out.write_str(day_name),
            Some('a') => out.write_str(short(day_name)),
            Some('B') => out.write_str(month_name),
            Some('b' | 'h') => out.write_str(short(month_name)),
            Some('u') => write!(out, "{}", (weekday + 6) % 7 + 1),
            Some('w') => write!(out, "{weekday}"),
            Some('H') => write!(out, "{hour:02}"),
            Some('k') => write!(out, "{hour:2}"),
            Some('I') => write!(out, "{twelve:02}"),
            Some('l') => write!(out, "{twelve:2}"),
            Some('M') => write!(out, "{minute:02}"),
            Some('S') => out.write_str("00"),
            Some('R') => write!(out, "{hour:02}:{minute:02}"),
            Some('T') => write!(out, "{hour:02}:{minute:02}:00"),
            Some('p') => out.write_str(if hour < 12 { "AM" } else { "PM" }),
            Some('P') => out.write_str(if hour < 12 { "am" } else { "pm" }),
            Some('n') => out.write_str("\n"),
            Some('t') => out.write_str("\t"),
            Some('%') | None => out.write_str("%"),
            Some(other) => write!(out, "%{other}"),
        };
        rest = behind.as_str();
    }
    out.push_str(rest);
}

/// Days from 1970-01-01 to the first of a month (1 to 12).
fn days(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day that many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}
