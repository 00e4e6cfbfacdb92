//! What nobody should send.

use base::Random;

/// JSON that is seldom what is wanted.
const JSON: [&str; 58] = [
    "null",
    "true",
    "false",
    "-1",
    "0",
    "1",
    "1.5",
    "-0.0",
    "1e3",
    "1e308",
    "1e400",
    "-1e400",
    "5e-324",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "\"\"",
    "\" \"",
    "\"NaN\"",
    "\"-Infinity\"",
    "\"1e400\"",
    "\"nan\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"e\\u0301\"",
    "\"\\u202ea\\u200b\"",
    "\"../../../etc/passwd\"",
    "\"%2e%2e%2f\"",
    "\"/etc/passwd\"",
    "\"C:\\\\windows\"",
    "\"a/../b\"",
    "\"a//b\"",
    "\".\"",
    "\"..\"",
    "\"' OR 1=1 --\"",
    "\"`\"",
    "\"\\\"\"",
    "\"%\"",
    "\"_\"",
    "\"\\\\\"",
    "\"a\\r\\nb\"",
    "\"file:///etc\"",
    "\"s3://a/b?c#d\"",
    "\"mlflow-artifacts://other/a\"",
    "\"models:/loose/1\"",
    "[]",
    "[[]]",
    "[null]",
    "{}",
    "{\"key\":null}",
    "[{\"key\":\"a\"}]",
    "[{\"key\":\"a\",\"value\":{}}]",
    "[1,\"a\"]",
    "[\"a\",\"a\"]",
];

/// Around the limits of MLflow's texts.
const LENGTHS: [usize; 12] = [36, 37, 249, 251, 255, 500, 501, 6_000, 6_001, 8_001, 20_001, 65_536];

/// A value of any kind.
pub(super) fn json(random: &mut Random) -> String {
    match random.below(12) {
        0 => format!("\"{}\"", "a".repeat(LENGTHS[random.below(LENGTHS.len())])),
        1 => format!("\"{}\"", "\u{e9}".repeat(LENGTHS[random.below(LENGTHS.len())])),
        2 => {
            let deep = [20, 126, 200, 5_000][random.below(4)];
            format!("{}{}", "[".repeat(deep), "]".repeat(deep))
        }
        3 => {
            let many = [101, 1_001][random.below(2)];
            format!("[{}]", vec!["{\"key\":\"a\",\"value\":\"b\"}"; many].join(","))
        }
        _ => JSON[random.below(JSON.len())].to_owned(),
    }
}

/// A part of a path, as it stands in a request.
pub(super) fn part(random: &mut Random) -> String {
    const PARTS: [&str; 26] = [
        "..",
        ".",
        "%2e%2e",
        "%252e%252e",
        "..%2f..%2fetc",
        "%2fetc%2fpasswd",
        "//",
        "%00",
        "a%00",
        "%ff",
        "%c3%28",
        "%ed%a0%80",
        "%5c..%5c",
        "C:",
        "c:%5cwindows",
        "%20",
        "a%0d%0ab",
        "%e2%80%ae",
        "%zz",
        "%",
        "%25",
        "*",
        "~",
        "a;b",
        "con",
        "%ef%bc%8e%ef%bc%8e",
    ];
    match random.below(10) {
        0 => "a".repeat([255, 256, 1_000, 5_000][random.below(4)]),
        1 => "a/".repeat([10, 1_000][random.below(2)]),
        _ => PARTS[random.below(PARTS.len())].to_owned(),
    }
}

/// Bytes that are no JSON.
pub(super) fn bytes(random: &mut Random) -> Vec<u8> {
    let length = [0, 1, 7, 300][random.below(4)];
    (0..length).map(|_| random.bits() as u8).collect()
}

/// A header that means something to the server, or is thought to.
pub(super) fn header(random: &mut Random) -> (String, String) {
    const HEADERS: [(&str, &str); 22] = [
        ("X-Kaizen-Once", "a"),
        ("X-Kaizen-Once", "odd:18446744073709551615:18446744073709551615"),
        ("X-Kaizen-Once", "odd:1:0"),
        ("X-Kaizen-Id", "../a"),
        ("X-Kaizen-Id", ""),
        ("X-Kaizen-Id", "0"),
        ("Range", "bytes=0-"),
        ("Range", "bytes=-0"),
        ("Range", "bytes=99999999999999999999-"),
        ("Range", "bytes=5-2"),
        ("Range", "bytes=0-0,2-3"),
        ("If-None-Match", "*"),
        ("If-Range", "\"a\""),
        ("Content-MD5", "a"),
        ("Content-Digest", "sha-256=:AAAA:"),
        ("Content-Range", "bytes 0-1/2"),
        ("Content-Encoding", "gzip"),
        ("Authorization", "Basic !"),
        ("X-Forwarded-Proto", "https"),
        ("X-MLFLOW-WORKSPACE", "../a"),
        ("Accept", "text/html"),
        ("Expect", "100-continue"),
    ];
    let (name, value) = HEADERS[random.below(HEADERS.len())];
    (name.to_owned(), value.to_owned())
}
