use proptest::prelude::*;

use super::Path;

#[test]
fn a_path_is_its_names() {
    let same = ["a/b", "a//b", "./a/./b", "a/b/", "a%2Fb", "a%252Fb", "%61/b"];
    for text in same {
        assert_eq!(Path::parse(text).unwrap().to_string(), "a/b", "{text}");
    }
    for root in ["", ".", "./", "./."] {
        assert!(Path::parse(root).unwrap().is_root(), "{root}");
    }
}

#[test]
fn odd_names_that_lead_nowhere_are_taken() {
    let good = [
        ("a%20b", "a b"),
        ("dog%step%100%timestamp%100", "dog%step%100%timestamp%100"),
        ("dog%step%90%timestamp%9", "dog%step%90%timestamp%9"),
        ("dog+step+100+timestamp+100.png", "dog+step+100+timestamp+100.png"),
        ("100%", "100%"),
        ("%", "%"),
        ("50%zz", "50%zz"),
        ("na%C3%AFve.txt", "naïve.txt"),
        ("模型/数据.csv", "模型/数据.csv"),
        ("🚀", "🚀"),
        ("v1.2.", "v1.2."),
        (".hidden", ".hidden"),
        ("..data", "..data"),
        ("a..b", "a..b"),
        ("a\\b", "a\\b"),
        ("a:b", "a:b"),
        ("key=value&x?", "key=value&x?"),
    ];
    for (text, name) in good {
        assert_eq!(Path::parse(text).unwrap().to_string(), name, "{text}");
    }
}

#[test]
fn names_and_paths_have_a_longest() {
    assert!(Path::parse(&"a".repeat(255)).is_ok());
    assert!(Path::parse(&"a".repeat(256)).is_err());
    assert!(Path::parse(&"ä".repeat(128)).is_err());
    assert!(Path::parse(&vec!["a"; 64].join("/")).is_ok());
    assert!(Path::parse(&vec!["a"; 65].join("/")).is_err());
    assert!(Path::parse(&vec!["a".repeat(200); 30].join("/")).is_err());
    let half = Path::parse(&vec!["a"; 40].join("/")).unwrap();
    assert!(half.join(&half).is_err());
}

#[test]
fn what_the_server_keeps_for_itself_cannot_be_named() {
    for text in [
        ".kaizen-uploads",
        "a/.kaizen-upload-1",
        ".Kaizen-Uploads/x",
        "%2Ekaizen-uploads",
        ".%256baizen-uploads",
    ] {
        assert!(Path::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn a_path_never_has_a_name_that_leads_anywhere(text in r"[./\\%2eEfF5cC:~ a\u{2024}\u{2025}\u{ff0e}\u{ff0f}\u{200b}#\x00-\x1f]{0,24}") {
        if let Ok(path) = Path::parse(&text) {
            for name in path.names() {
                prop_assert!(!name.is_empty() && name != "." && name != ".." && !name.contains('/'));
                prop_assert!(!name.chars().any(char::is_control));
            }
            // Decoding it once more leads nowhere new.
            prop_assert_eq!(Path::parse(&path.to_string()).ok(), Some(path));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}|[%0-9a-fA-F]{0,60}") {
        let _ = Path::parse(&text);
    }
}
