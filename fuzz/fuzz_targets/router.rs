#![no_main]
#![allow(dead_code)]

#[path = "../../tests/src/fuzz.rs"]
mod fuzz;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::router(data));
