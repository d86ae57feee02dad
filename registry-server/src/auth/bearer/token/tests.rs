//! Tokens that must not count, and the few that do.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::super::KeySource;
use super::*;

const NOW: u64 = 1_800_000_000;

struct Issuer {
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    keys: Keys,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        let ed = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
        let point = ec.public_key().as_ref();
        let set = json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256", "x": b64(&point[1..33]), "y": b64(&point[33..]) },
            { "kty": "OKP", "crv": "Ed25519", "kid": "two", "x": b64(ed.public_key()) },
            { "kty": "EC", "crv": "P-256", "kid": "enc", "use": "enc", "x": b64(&point[1..33]), "y": b64(&point[33..]) },
        ] });
        Self { keys: Keys::parse(set.to_string().as_bytes()).unwrap(), ec, ed }
    }

    /// A token with these texts as header and claims, signed by the key that the header's algorithm asks for.
    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = if header.contains("EdDSA") {
            self.ed.sign(message.as_bytes()).as_ref().to_vec()
        } else {
            self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{message}.{}", b64(signature))
    }
}

fn settings() -> BearerSettings {
    let mut settings = BearerSettings::new("https://id", "eventpact", KeySource::File("unused".into()));
    settings.roles_claim = Some("groups".to_owned());
    settings
}

const HEADER: &str = r#"{"alg":"ES256","kid":"one","typ":"JWT"}"#;

fn claims() -> String {
    format!(r#"{{"iss":"https://id","aud":"eventpact","sub":"alice","exp":{},"groups":["a","b"]}}"#, NOW + 60)
}

/// The usual claims with one of them replaced, or taken out where the value is empty.
fn with(name: &str, value: &str) -> String {
    let mut all: Map<String, Value> = serde_json::from_str(&claims()).unwrap();
    all.remove(name);
    if !value.is_empty() {
        all.insert(name.to_owned(), serde_json::from_str(value).unwrap());
    }
    Value::Object(all).to_string()
}

#[test]
fn a_good_token_counts() {
    let issuer = Issuer::new();
    let names = |token: &str| verify(&settings(), &issuer.keys, token, NOW).unwrap_or_else(|why| panic!("{why}"));
    let alice = names(&issuer.sign(HEADER, &claims()));
    assert_eq!(alice, Claims { name: "alice".into(), roles: ["a".into(), "b".into()].into(), expires: NOW + 60 });
    names(&issuer.sign(r#"{"alg":"EdDSA","kid":"two","typ":"at+jwt"}"#, &claims()));
    names(&issuer.sign(r#"{"alg":"ES256"}"#, &claims()));
    names(&issuer.sign(HEADER, &with("aud", r#"["other","eventpact"]"#)));
    names(&issuer.sign(HEADER, &with("exp", &format!("{}.5", NOW + 1))));
    names(&issuer.sign(HEADER, &with("exp", &(NOW - 29).to_string())));
    names(&issuer.sign(HEADER, &with("nbf", &(NOW + 30).to_string())));
    assert_eq!(names(&issuer.sign(HEADER, &with("groups", "\"x y\""))).roles.len(), 2);
}

/// Headers that must be refused although the signature is right.
const BAD_HEADERS: [&str; 18] = [
    r#"{"kid":"one"}"#,
    r#"{"alg":"none","kid":"one"}"#,
    r#"{"alg":"None","kid":"one"}"#,
    r#"{"alg":"","kid":"one"}"#,
    r#"{"alg":"es256","kid":"one"}"#,
    r#"{"alg":"HS256","kid":"one"}"#,
    r#"{"alg":"RS256","kid":"one"}"#,
    r#"{"alg":["ES256"],"kid":"one"}"#,
    r#"{"alg":"ES256","kid":"three"}"#,
    r#"{"alg":"ES256","kid":"two"}"#,
    r#"{"alg":"ES256","kid":"enc"}"#,
    r#"{"alg":"ES256","kid":1}"#,
    r#"{"alg":"ES256","kid":"one","crit":["exp"]}"#,
    r#"{"alg":"ES256","kid":"one","crit":[]}"#,
    r#"{"alg":"ES256","kid":"one","b64":false}"#,
    r#"{"alg":"ES256","kid":"one","typ":"secevent+jwt"}"#,
    r#"{"alg":"ES256","kid":"one","cty":"JWT"}"#,
    r#"{"alg":"none","alg":"ES256","kid":"one"}"#,
];

#[test]
fn a_header_that_asks_for_something_else_is_refused() {
    let issuer = Issuer::new();
    for header in BAD_HEADERS {
        let token = issuer.sign(header, &claims());
        assert!(verify(&settings(), &issuer.keys, &token, NOW).is_err(), "{header}");
    }
    // A key of the sender's own choice is not looked at.
    let own = r#"{"alg":"EdDSA","kid":"three","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"jku":"https://evil"}"#;
    assert_eq!(verify(&settings(), &issuer.keys, &issuer.sign(own, &claims()), NOW), Err(Bad::UnknownKey));
}

#[test]
fn claims_that_are_missing_or_wrong_are_refused() {
    let issuer = Issuer::new();
    let late = (NOW - 30).to_string();
    let soon = (NOW + 31).to_string();
    let long = format!("\"{}\"", "x".repeat(257));
    let bad = [
        ("iss", ""),
        ("iss", "\"https://id/\""),
        ("iss", "[\"https://id\"]"),
        ("aud", ""),
        ("aud", "\"other\""),
        ("aud", "[]"),
        ("aud", "[\"eventpact\",1]"),
        ("aud", "{\"eventpact\":1}"),
        ("exp", ""),
        ("exp", late.as_str()),
        ("exp", "\"1900000000\""),
        ("exp", "-1"),
        ("exp", "null"),
        ("exp", "1e300"),
        ("nbf", soon.as_str()),
        ("nbf", "\"x\""),
        ("iat", soon.as_str()),
        ("sub", ""),
        ("sub", "\" \""),
        ("sub", "7"),
        ("sub", "\"a\\nb\""),
        ("sub", long.as_str()),
        ("groups", "[1]"),
        ("groups", "{}"),
    ];
    for (name, value) in bad {
        let token = issuer.sign(HEADER, &with(name, value));
        assert!(verify(&settings(), &issuer.keys, &token, NOW).is_err(), "{name} {value}");
    }
    let twice = claims().replace("\"sub\":\"alice\"", "\"sub\":\"eve\",\"sub\":\"alice\"");
    assert!(verify(&settings(), &issuer.keys, &issuer.sign(HEADER, &twice), NOW).is_err());
}

#[test]
fn a_token_that_is_not_well_formed_is_refused() {
    let issuer = Issuer::new();
    let good = issuer.sign(HEADER, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let other = Issuer::new().sign(HEADER, &claims());
    let flipped = format!("{}.{}.{}", parts[0], b64(with("sub", "\"root\"")), parts[2]);
    let der = [&[0x30_u8, 0x44][..], &[0; 68]].concat();
    let bad = [
        String::new(),
        "..".to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}.{}", parts[2]),
        format!("{good}="),
        format!(" {good}"),
        format!("{}.{}.{}", parts[0], parts[1], other.split('.').next_back().unwrap()),
        other.clone(),
        flipped,
        format!("{}.{}.{}", parts[0], parts[1], b64(der)),
        format!("{}.{}.{}", parts[0], parts[1], b64([0; 64])),
        format!("{}.{}.{}", parts[1], parts[0], parts[2]),
        format!("{}.{}.{}", b64("[]"), parts[1], parts[2]),
        format!("{}.{}.{}", b64("{"), parts[1], parts[2]),
        good.replace('.', "-"),
        good.to_uppercase(),
    ];
    for token in bad {
        assert!(verify(&settings(), &issuer.keys, &token, NOW).is_err(), "{token}");
    }
    let mut narrow = settings();
    narrow.algorithms = vec![Algorithm::RS256, Algorithm::EdDSA];
    assert!(verify(&narrow, &issuer.keys, &good, NOW).is_err(), "ES256 is not on the list");
}

#[test]
fn sets_of_keys_that_cannot_be_meant_are_refused() {
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#,
        r#"{"keys":[{"kty":"RSA","n":"","e":"AQAB"}]}"#,
        r#"{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}]}"#,
        r#"{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","d":"AA"}]}"#,
        r#"{"keys":[],"keys":[]}"#,
    ] {
        assert!(Keys::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}
