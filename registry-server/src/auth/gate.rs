//! The gate: makes a caller of every request, or refuses it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, HeaderValue};
use tokio::sync::Semaphore;

use super::basic::{Credentials, Users};
use super::bearer::{self, BearerSettings, Claims, KeySource, Keys};
use super::caller::{Caller, Method, Principal};
use super::certificate::{CertificateName, name_of};
use super::header::{Given, given};
use super::policy::Policy;
use super::security::Security;
use super::verified::{KEEP, Mark, Verified};
use crate::error::ApiError;
use crate::limits::{Buckets, Rate, TooFast, network};

/// Passwords that are being hashed at once: each takes a core and 19 MiB.
const HASHING: usize = 2;

/// A login may wait so long for its turn.
const LOGIN_WAIT: Duration = Duration::from_secs(3);

/// Keys from an address are fetched again after this time, at the earliest after the second one, and count no longer than the
/// third.
const REFRESH: Duration = Duration::from_secs(600);
const REFRESH_AT_MOST: Duration = Duration::from_secs(30);
const KEYS_COUNT: Duration = Duration::from_secs(24 * 3600);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Where from.
    pub(crate) address: IpAddr,
    /// The client certificate (DER), which TLS has verified.
    pub(crate) certificate: Option<Arc<[u8]>>,
}

/// Lets callers in.
pub(crate) struct Gate {
    policy: Policy,
    /// Who comes without credentials; `None`: they are refused.
    anonymous: Option<Caller>,
    basic: Option<Basic>,
    bearer: Option<Bearer>,
    certificates: Option<CertificateName>,
    verified: Verified,
    hashing: Arc<Semaphore>,
    failed: Buckets<IpAddr>,
    challenges: Vec<HeaderValue>,
    /// What was last wrong with a file that is read again, so that it is told once.
    complaint: Mutex<String>,
}

struct Basic {
    file: std::path::PathBuf,
    users: ArcSwap<Users>,
}

struct Bearer {
    settings: BearerSettings,
    keys: ArcSwap<(Keys, Instant)>,
    /// When they were last asked for.
    asked: tokio::sync::Mutex<Instant>,
}

impl Gate {
    /// Reads all that the settings name, and fetches keys: blocks. Anything that cannot be used is an error: a gate is never open by
    /// mistake.
    pub(crate) fn new(security: &Security, failed_logins: Rate) -> Result<Self, String> {
        let policy = Policy::new(&security.rules, &security.roles)?;
        let open = !security.authenticates() || policy.admits_anonymous();
        let anonymous = open.then(|| policy.caller(Principal::anonymous()));
        let basic = security.basic.as_ref().map(|settings| {
            Ok::<_, String>(Basic { file: settings.users.clone(), users: ArcSwap::from_pointee(Users::read(&settings.users)?) })
        });
        let bearer = security.bearer.as_ref().map(|settings| {
            settings.check()?;
            let keys = Keys::load(&settings.keys)?;
            let now = Instant::now();
            let asked = tokio::sync::Mutex::new(now);
            Ok::<_, String>(Bearer { settings: settings.clone(), keys: ArcSwap::from_pointee((keys, now)), asked })
        });
        let mut challenges = Vec::new();
        if basic.is_some() {
            challenges.push(HeaderValue::from_static(r#"Basic realm="eventpact", charset="UTF-8""#));
        }
        if bearer.is_some() {
            challenges.push(HeaderValue::from_static(r#"Bearer realm="eventpact""#));
        }
        if challenges.is_empty() {
            // RFC 9110 §11.6.1 wants one; there is no registered scheme for certificates.
            challenges.push(HeaderValue::from_static(r#"Certificate realm="eventpact""#));
        }
        Ok(Self {
            policy,
            anonymous,
            basic: basic.transpose()?,
            bearer: bearer.transpose()?,
            certificates: security.certificates.as_ref().map(|settings| settings.name),
            verified: Verified::new()?,
            hashing: Arc::new(Semaphore::new(HASHING)),
            failed: Buckets::new(failed_logins),
            challenges,
            complaint: Mutex::default(),
        })
    }

    /// What a 401 tells the client to do.
    pub(crate) fn challenges(&self) -> &[HeaderValue] {
        &self.challenges
    }

    fn is_open(&self) -> bool {
        self.basic.is_none() && self.bearer.is_none() && self.certificates.is_none()
    }

    /// Who sends a request with these headers? Credentials that are wrong are refused, even where none would do.
    pub(crate) async fn caller(&self, headers: &HeaderMap, peer: &Peer) -> Result<Caller, ApiError> {
        let nobody = || self.anonymous.clone().ok_or_else(|| ApiError::unauthorized(""));
        if self.is_open() {
            return nobody();
        }
        let given = given(headers).map_err(|why| {
            self.fail(peer, why);
            ApiError::unauthorized(why)
        })?;
        match (given, &self.basic, &self.bearer) {
            (Given::Basic(token), Some(basic), _) => self.login(basic, token, peer).await,
            (Given::Bearer(token), _, Some(bearer)) => self.token(bearer, token, peer).await,
            (Given::Basic(_), None, _) => Err(ApiError::unauthorized("passwords are not accepted here")),
            (Given::Bearer(_), _, None) => Err(ApiError::unauthorized("tokens are not accepted here")),
            (Given::Nothing, ..) => match (&self.certificates, &peer.certificate) {
                (Some(which), Some(der)) => {
                    let name = name_of(der, *which).map_err(ApiError::unauthorized)?;
                    Ok(self.policy.caller(Principal::new(name, Method::Certificate)))
                }
                _ => nobody(),
            },
        }
    }

    async fn login(&self, basic: &Basic, token: &str, peer: &Peer) -> Result<Caller, ApiError> {
        let mark = self.verified.mark("Basic", token);
        if let Some(caller) = self.verified.find(mark) {
            return Ok(caller);
        }
        self.may_try(peer)?;
        let wrong = |why| {
            self.fail(peer, why);
            ApiError::unauthorized("")
        };
        let credentials = Credentials::parse(token).ok_or_else(|| wrong("malformed credentials"))?;
        let turn = tokio::time::timeout(LOGIN_WAIT, Arc::clone(&self.hashing).acquire_owned()).await;
        let turn = turn.map_err(|_| ApiError::busy())?.map_err(|_| ApiError::internal())?;
        // Many requests with the same password come at once; the first one has done the work.
        if let Some(caller) = self.verified.find(mark) {
            return Ok(caller);
        }
        self.may_try(peer)?;
        let generation = self.verified.generation();
        let users = basic.users.load_full();
        let name = credentials.name.clone();
        let right = tokio::task::spawn_blocking(move || {
            // The turn goes with the work: a request that is given up does not make room before its thread is free.
            let _turn = turn;
            users.verify(&credentials)
        });
        if !right.await.unwrap_or(false) {
            return Err(wrong("wrong name or password"));
        }
        let caller = self.policy.caller(Principal::new(name, Method::Basic));
        self.verified.keep(mark, caller.clone(), Instant::now() + KEEP, generation);
        Ok(caller)
    }

    async fn token(&self, bearer: &Bearer, token: &str, peer: &Peer) -> Result<Caller, ApiError> {
        let mark = self.verified.mark("Bearer", token);
        if let Some(caller) = self.verified.find(mark) {
            return Ok(caller);
        }
        self.may_try(peer)?;
        let generation = self.verified.generation();
        let mut verified = bearer.verify(token);
        if verified == Err(bearer::Bad::UnknownKey) && self.ask_for_keys(bearer, REFRESH_AT_MOST).await {
            verified = bearer.verify(token);
        }
        let claims = verified.map_err(|why| {
            let why = why.to_string();
            self.fail(peer, &why);
            ApiError::unauthorized(&why)
        })?;
        Ok(self.admit(bearer, mark, claims, generation))
    }

    fn admit(&self, bearer: &Bearer, mark: Mark, claims: Claims, generation: u64) -> Caller {
        let left = claims.expires.saturating_add(bearer.settings.skew).saturating_sub(now());
        let caller = self.policy.caller(Principal { name: claims.name, method: Method::Bearer, roles: claims.roles });
        self.verified.keep(mark, caller.clone(), Instant::now() + KEEP.min(Duration::from_secs(left)), generation);
        caller
    }

    /// Who fails too often waits. What was verified before still counts, so nobody can lock others out of running connections.
    fn may_try(&self, peer: &Peer) -> Result<(), ApiError> {
        self.failed.has_room(&network(peer.address)).map_err(|TooFast(wait)| ApiError::too_fast(wait))
    }

    fn fail(&self, peer: &Peer, why: &str) {
        let _ = self.failed.take(&network(peer.address));
        // Never what was given: people type passwords where names belong.
        tracing::info!(address = %peer.address, why, "a request was not let in");
    }

    /// Fetches keys again, unless that was done a short time ago. Gives whether there may be new ones.
    async fn ask_for_keys(&self, bearer: &Bearer, at_most: Duration) -> bool {
        if !matches!(bearer.settings.keys, KeySource::Url(_)) {
            return false;
        }
        let mut asked = bearer.asked.lock().await;
        if asked.elapsed() < at_most {
            // Somebody else may have just fetched them.
            return bearer.keys.load().1 >= *asked;
        }
        *asked = Instant::now();
        let source = bearer.settings.keys.clone();
        let loaded = tokio::task::spawn_blocking(move || Keys::load(&source)).await;
        match loaded.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(keys) => {
                self.complain("");
                self.take_keys(bearer, keys);
                true
            }
            Err(why) => {
                self.complain(&why);
                false
            }
        }
    }

    fn take_keys(&self, bearer: &Bearer, keys: Keys) {
        let changed = bearer.keys.load().0 != keys;
        bearer.keys.store(Arc::new((keys, Instant::now())));
        if changed {
            self.verified.forget();
            tracing::info!("the keys for tokens have changed");
        }
    }

    /// Reads files again, and fetches keys that are due. What cannot be used is told, and what was there before still counts.
    pub(crate) async fn refresh(&self) {
        if let Some(basic) = &self.basic {
            let file = basic.file.clone();
            match tokio::task::spawn_blocking(move || Users::read(&file)).await.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(users) if users == **basic.users.load() => {}
                Ok(users) => {
                    basic.users.store(Arc::new(users));
                    self.verified.forget();
                    tracing::info!("the users have changed");
                }
                Err(why) => self.complain(&why),
            }
        }
        let Some(bearer) = &self.bearer else { return };
        if matches!(bearer.settings.keys, KeySource::Url(_)) {
            self.ask_for_keys(bearer, REFRESH).await;
            return;
        }
        let source = bearer.settings.keys.clone();
        match tokio::task::spawn_blocking(move || Keys::load(&source)).await.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(keys) => self.take_keys(bearer, keys),
            Err(why) => self.complain(&why),
        }
    }

    fn complain(&self, why: &str) {
        let Ok(mut last) = self.complaint.lock() else { return };
        if *last != why {
            why.clone_into(&mut last);
            if !why.is_empty() {
                tracing::error!(why, "users or keys could not be read again; those from before still count");
            }
        }
    }
}

impl Bearer {
    fn verify(&self, token: &str) -> Result<Claims, bearer::Bad> {
        let keys = self.keys.load();
        if matches!(self.settings.keys, KeySource::Url(_)) && keys.1.elapsed() > KEYS_COUNT {
            return Err(bearer::Bad::Because("the issuer's keys could not be fetched for a day"));
        }
        bearer::verify(&self.settings, &keys.0, token, now())
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
