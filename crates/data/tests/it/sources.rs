use std::fs;

use data::{Error, Format, Source, files};

use crate::support::Files;

fn source(folder: &Files, pattern: &str) -> Source {
    Source { root: folder.path().to_owned(), pattern: pattern.to_owned(), format: None }
}

fn names(folder: &Files, pattern: &str) -> Result<Vec<String>, Error> {
    Ok(files(&source(folder, pattern))?.into_iter().map(|file| file.relative).collect())
}

fn example() -> Files {
    let folder = Files::new();
    fs::create_dir_all(folder.path().join("data/2013")).unwrap();
    for name in ["data/b.csv", "data/2013/a.csv", "data/_SUCCESS", "data/.hidden.csv", "data/README.md"] {
        fs::write(folder.path().join(name), "a\n1\n").unwrap();
    }
    folder
}

#[test]
fn a_path_a_glob_and_a_directory_find_their_files_in_order() {
    let folder = example();
    assert_eq!(names(&folder, "data/b.csv").unwrap(), ["data/b.csv"]);
    assert_eq!(
        names(&folder, "data/**/*.csv").unwrap(),
        ["data/.hidden.csv", "data/2013/a.csv", "data/b.csv"]
    );
    assert_eq!(names(&folder, "data").unwrap(), ["data/2013/a.csv", "data/b.csv"]);
    let found = files(&source(&folder, "data/b.csv")).unwrap();
    assert_eq!(found[0].bytes, 4);
}

#[test]
fn a_pattern_without_files_is_an_error_that_names_both_pattern_and_folder() {
    let folder = example();
    let message = names(&folder, "dta/*.csv").unwrap_err().to_string();
    assert!(
        message.contains("`dta/*.csv`") && message.contains(folder.path().to_str().unwrap()),
        "{message}"
    );
}

#[test]
fn a_directory_of_two_formats_is_refused() {
    let folder = example();
    fs::write(folder.path().join("data/c.parquet"), "").unwrap();
    let error = names(&folder, "data").unwrap_err();
    assert!(matches!(error, Error::MixedFormats { .. }), "{error}");
}

#[test]
fn a_compressed_part_does_not_go_missing_in_silence() {
    let folder = example();
    fs::write(folder.path().join("data/c.csv.gz"), "").unwrap();
    let message = names(&folder, "data").unwrap_err().to_string();
    assert!(message.contains("c.csv.gz") && message.contains("unpack"), "{message}");
}

#[test]
fn a_file_whose_name_says_nothing_needs_a_declared_format() {
    let folder = example();
    assert!(matches!(names(&folder, "data/README.md"), Err(Error::UnknownFormat { .. })));
    let declared = Source { format: Some(Format::Csv), ..source(&folder, "data/README.md") };
    assert_eq!(files(&declared).unwrap().len(), 1);
}

#[test]
fn a_root_with_glob_letters_in_its_name_is_taken_as_it_is() {
    let folder = Files::new();
    let root = folder.path().join("a[1]");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("x.csv"), "a\n1\n").unwrap();
    let found = files(&Source { root, pattern: "*.csv".to_owned(), format: None }).unwrap();
    assert_eq!(found[0].relative, "x.csv");
}

#[test]
fn a_device_is_no_data_file() {
    let folder = Files::new();
    let source = Source { format: Some(Format::Csv), ..source(&folder, "/dev/null") };
    assert!(files(&source).unwrap_err().to_string().contains("not a regular file"));
}

#[test]
fn an_address_is_refused_with_the_fix() {
    let message = names(&Files::new(), "s3://bucket/flights.parquet").unwrap_err().to_string();
    assert!(message.contains("copy the files"), "{message}");
}
