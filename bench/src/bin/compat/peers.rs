//! One Avro pair: ours, Avro Java, and the `apache-avro` crate. Everybody parses both schemas from their texts and says whether the
//! new one reads what the old one wrote; ours keeps every place and makes the message that proves a break on top of it.

use std::time::{Duration, Instant};

use apache_avro::schema_compatibility::SchemaCompatibility;

use super::java::Java;
use super::{Failed, Pairing, compare, median, time};
use eventpact_contract::load::load;
use eventpact_contract::source::Sources;

const ROUNDS: usize = 21;
/// Times that the pair is checked in one sample.
const COUNT: u32 = 50;
/// Java compiles what is hot: it is run so long before the first sample, and at least so often.
const WARM: (Duration, u32) = (Duration::from_secs(6), 6_000);

/// Figures of one contender.
#[derive(Default)]
struct Figures {
    all: Vec<f64>,
    check: Vec<f64>,
}

pub(crate) fn run(new: &str, old: &str, java: &str, class_path: &str) -> Result<(), Failed> {
    let pair = Pairing::read(new, old)?;
    let mut java = Java::start(java, class_path, new, old)?;
    println!("  Avro Java {}", java.ask("version")?);
    let (start, mut done) = (Instant::now(), 0);
    while start.elapsed() < WARM.0 || done < WARM.1 {
        java.micros("all", COUNT)?;
        java.micros("check", COUNT)?;
        done += COUNT;
    }
    let findings = pair.check()?;
    let (verdict, _) = java.micros("check", 1)?;
    if (findings == 0) != (verdict == "COMPATIBLE") {
        return Err(format!("verdicts differ: we have {findings} findings, Java says {verdict}").into());
    }
    let mut sources = Sources::new();
    let (Some(new), Some(old)) = (load(&mut sources, &pair.new, &pair.name).0, load(&mut sources, &pair.old, &pair.name).0)
    else {
        return Err("the pair is not read".into());
    };
    let parse = |text: &str| apache_avro::Schema::parse_str(text).map_err(Failed::from);
    let (new_text, old_text) = (Pairing::text(&pair.new), Pairing::text(&pair.old));
    let (crate_new, crate_old) = (parse(new_text)?, parse(old_text)?);
    let crate_check = |new: &apache_avro::Schema, old: &apache_avro::Schema| SchemaCompatibility::can_read(old, new).is_ok();
    let (mut ours, mut theirs, mut library) = (Figures::default(), Figures::default(), Figures::default());
    for _ in 0..ROUNDS {
        ours.all.push(sample(|| pair.check().map(|found| found == 0))?);
        theirs.all.push(java.micros("all", COUNT)?.1);
        library.all.push(sample(|| Ok(crate_check(&parse(new_text)?, &parse(old_text)?)))?);
        ours.check.push(sample(|| compare(&new, &old).map(|found| found == 0))?);
        theirs.check.push(java.micros("check", COUNT)?.1);
        library.check.push(sample(|| Ok(crate_check(&crate_new, &crate_old)))?);
    }
    let says = if crate_check(&crate_new, &crate_old) { "compatible" } else { "incompatible" };
    println!("  verdict: {findings} findings; Java {verdict}; apache-avro {says}");
    let first = (median(ours.all.clone()), median(ours.check.clone()));
    for (name, figures) in [("eventpact", ours), ("Avro Java, warm", theirs), ("apache-avro crate", library)] {
        let (all, check) = (median(figures.all), median(figures.check));
        println!(
            "  {name:20} parse both + check {all:8.1} µs {:6.2}x     check alone {check:8.1} µs {:6.2}x",
            all / first.0,
            check / first.1
        );
    }
    Ok(())
}

/// Microseconds of one run.
fn sample(mut run: impl FnMut() -> Result<bool, Failed>) -> Result<f64, Failed> {
    let spent = time(|| {
        for _ in 0..COUNT {
            std::hint::black_box(run()?);
        }
        Ok(())
    })?;
    Ok(spent.as_secs_f64() * 1e6 / f64::from(COUNT))
}
