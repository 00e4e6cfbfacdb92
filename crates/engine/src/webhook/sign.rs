//! The signature of a webhook, by which its receiver knows that it is ours and new.
//!
//! The form is that of the Standard Webhooks specification, 1.0
//! (<https://github.com/standard-webhooks/standard-webhooks>): HMAC-SHA256 over `id.timestamp.body`, in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret in the specification's own form begins with; the key follows in base64.
const PREFIX: &str = "whsec_";

/// The value of the header `webhook-signature`.
pub(crate) fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let key = secret.strip_prefix(PREFIX).and_then(|key| BASE64_STANDARD.decode(key).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let mut code = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    code.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(code.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = r#"{"test": 2432232314}"#;
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn another_body_time_or_secret_gives_another_signature() {
        let signed = signature("a secret of ours", "id", 1, "body");
        assert_ne!(signed, signature("a secret of ours", "id", 1, "bodY"));
        assert_ne!(signed, signature("a secret of ours", "id", 2, "body"));
        assert_ne!(signed, signature("a secret of yours", "id", 1, "body"));
    }
}
