//! Options in descriptors become text again, by the definitions of the set.

use super::default::escape;
use super::known::KnownField;
use super::print::Printer;
use super::raw::{Input, Raw, fields};

/// Values are followed this deep.
const MAX_DEPTH: usize = 64;

impl Printer<'_> {
    /// `option a = 1;` for each option in the bytes of a message of options.
    pub(super) fn statements(&mut self, options: Option<Raw<'_>>, message: &str) -> Result<(), String> {
        for one in self.assignments(options, message)? {
            self.line(&format!("option {one};"));
        }
        Ok(())
    }

    /// `a = 1` for each option.
    pub(super) fn assignments(&mut self, options: Option<Raw<'_>>, message: &str) -> Result<Vec<String>, String> {
        let Some(Raw::Bytes(bytes)) = options else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        // The parts of a message that comes more than once are one message.
        for (number, values) in grouped(bytes)? {
            let Some(field) = self.known.fields.get(&(message.to_owned(), number)).cloned() else {
                self.line(&format!("// the option {number} of {message} is not defined in this set"));
                continue;
            };
            let name = if field.is_extension { format!("(.{})", field.name) } else { field.name.clone() };
            for value in self.values(&field, &values, 0)? {
                out.push(format!("{name} = {value}"));
            }
        }
        Ok(out)
    }

    /// The values of a field as text: one for each of a repeated field, else one.
    fn values(&mut self, field: &KnownField, values: &[Raw<'_>], depth: usize) -> Result<Vec<String>, String> {
        if depth > MAX_DEPTH {
            return Err("options are nested too deep".to_owned());
        }
        if field.kind == 11 || field.kind == 10 {
            let parts: Vec<&[u8]> = values
                .iter()
                .filter_map(|value| match value {
                    Raw::Bytes(bytes) | Raw::Group(bytes) => Some(*bytes),
                    _ => None,
                })
                .collect();
            if field.repeated {
                return parts.into_iter().map(|part| self.aggregate(&field.type_name, part, depth + 1)).collect();
            }
            return Ok(vec![self.aggregate(&field.type_name, &parts.concat(), depth + 1)?]);
        }
        let mut out = Vec::new();
        for value in values {
            match value {
                Raw::Bytes(bytes) if !matches!(field.kind, 9 | 12) => out.extend(self.packed(field, bytes)?),
                value => out.push(self.scalar(field, value)?),
            }
        }
        if !field.repeated {
            let last = out.pop();
            out = last.into_iter().collect();
        }
        Ok(out)
    }

    fn aggregate(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<String, String> {
        let mut parts = Vec::new();
        for (number, values) in grouped(bytes)? {
            let Some(field) = self.known.fields.get(&(name.to_owned(), number)).cloned() else {
                self.line(&format!("// the field {number} of {name} is not defined in this set"));
                continue;
            };
            let simple = field.type_name.rsplit('.').next().unwrap_or_default();
            let label = match (field.is_extension, field.kind) {
                (true, _) => format!("[{}]", field.name),
                // A group is called by its message; a delimited field of an edition by its own name.
                (false, 10) if simple.eq_ignore_ascii_case(&field.name) => simple.to_owned(),
                _ => field.name.clone(),
            };
            for value in self.values(&field, &values, depth)? {
                parts.push(if value.starts_with('{') { format!("{label} {value}") } else { format!("{label}: {value}") });
            }
        }
        Ok(if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(" ")) })
    }

    fn packed(&self, field: &KnownField, bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut input = Input { bytes, depth: 0 };
        let mut out = Vec::new();
        while !input.bytes.is_empty() {
            let value = match field.kind {
                1 | 6 | 16 => Raw::Fixed64(u64::from_le_bytes(input.fixed()?)),
                2 | 7 | 15 => Raw::Fixed32(u32::from_le_bytes(input.fixed()?)),
                _ => Raw::Varint(input.varint()?),
            };
            out.push(self.scalar(field, &value)?);
        }
        Ok(out)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // cutting to the width of the type is the decoding
    fn scalar(&self, field: &KnownField, value: &Raw<'_>) -> Result<String, String> {
        Ok(match (field.kind, value) {
            (9 | 12, Raw::Bytes(bytes)) => format!("\"{}\"", escape(bytes)),
            (8, Raw::Varint(value)) => (*value != 0).to_string(),
            (14, Raw::Varint(value)) => {
                let number = *value as i32;
                let name = self.known.values.get(&(field.type_name.clone(), number));
                name.cloned().unwrap_or_else(|| number.to_string())
            }
            (1, Raw::Fixed64(bits)) => float(f64::from_bits(*bits)),
            (2, Raw::Fixed32(bits)) => float(f64::from(f32::from_bits(*bits))),
            (6, Raw::Fixed64(value)) | (4 | 13, Raw::Varint(value)) => value.to_string(),
            (7, Raw::Fixed32(value)) => value.to_string(),
            (15, Raw::Fixed32(value)) => (*value as i32).to_string(),
            (17 | 18, Raw::Varint(value)) => ((value >> 1) as i64 ^ -((value & 1) as i64)).to_string(),
            (16, Raw::Fixed64(value)) | (3 | 5, Raw::Varint(value)) => (*value as i64).to_string(),
            _ => return Err(format!("the option '{}' has a value of another type", field.name)),
        })
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    format!("{value:?}")
}

/// The values of each field together, in the order of their first ones.
fn grouped(bytes: &[u8]) -> Result<Vec<(i32, Vec<Raw<'_>>)>, String> {
    let mut out: std::collections::BTreeMap<i32, Vec<Raw<'_>>> = std::collections::BTreeMap::new();
    for (number, value) in fields(bytes)? {
        out.entry(number).or_default().push(value);
    }
    Ok(out.into_iter().collect())
}
