//! Algorithms of signatures (RFC 7518 §3.1, RFC 8037). Only those with a public key: whoever can verify a token must not be able
//! to make one.

use ring::signature as ring;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "names of RFC 7518")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// The kind of key that an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Algorithm {
    /// Every one that is known.
    pub const ALL: [Self; 9] =
        [Self::RS256, Self::RS384, Self::RS512, Self::PS256, Self::PS384, Self::PS512, Self::ES256, Self::ES384, Self::EdDSA];

    /// The name in a header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// By its name, exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Kind::Rsa,
            Self::ES256 => Kind::P256,
            Self::ES384 => Kind::P384,
            Self::EdDSA => Kind::Ed25519,
        }
    }

    /// For RSA, whose keys ring takes in parts. Moduli have 2048 bits at least.
    pub(super) fn rsa(self) -> Option<&'static ring::RsaParameters> {
        match self {
            Self::RS256 => Some(&ring::RSA_PKCS1_2048_8192_SHA256),
            Self::RS384 => Some(&ring::RSA_PKCS1_2048_8192_SHA384),
            Self::RS512 => Some(&ring::RSA_PKCS1_2048_8192_SHA512),
            Self::PS256 => Some(&ring::RSA_PSS_2048_8192_SHA256),
            Self::PS384 => Some(&ring::RSA_PSS_2048_8192_SHA384),
            Self::PS512 => Some(&ring::RSA_PSS_2048_8192_SHA512),
            Self::ES256 | Self::ES384 | Self::EdDSA => None,
        }
    }

    /// For the others.
    pub(super) fn other(self) -> Option<&'static dyn ring::VerificationAlgorithm> {
        match self {
            Self::ES256 => Some(&ring::ECDSA_P256_SHA256_FIXED),
            Self::ES384 => Some(&ring::ECDSA_P384_SHA384_FIXED),
            Self::EdDSA => Some(&ring::ED25519),
            _ => None,
        }
    }
}
