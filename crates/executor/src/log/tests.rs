use super::*;

const CAPS: Caps = Caps { first: 100, last: 50 };

fn numbers(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("{number:09}\n").into_bytes()).collect()
}

fn written(folder: &Path, output: &[u8], piece: usize) -> PathBuf {
    let log = folder.join("logs/a");
    let mut writer = Writer::new(log.clone(), CAPS);
    output.chunks(piece).for_each(|piece| writer.write(piece));
    assert!(writer.error().is_none());
    log
}

#[test]
fn a_log_within_the_caps_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    for count in [1, 9, 10, 11, 15, 20] {
        let output = numbers(count);
        let log = written(folder.path(), &output, 7);
        assert_eq!(log_text(&log).unwrap().into_bytes(), output, "{count} lines");
    }
}

#[test]
fn of_a_long_log_the_first_and_last_parts_are_kept_and_the_gap_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for piece in [1, 3, 10, 64, 5000] {
        let output = numbers(1003);
        let log = written(folder.path(), &output, piece);
        let text = log_text(&log).unwrap();
        let (first, rest) = text.split_once("\n… ").unwrap();
        let (left_out, last) = rest.split_once(" bytes left out …\n").unwrap();
        assert_eq!(first.as_bytes(), &output[..100]);
        assert!(output.ends_with(last.as_bytes()) && (50..=100).contains(&last.len()), "{last:?}");
        assert_eq!(first.len() + last.len() + left_out.parse::<usize>().unwrap(), output.len());
        assert!(fs::read_dir(more(&log)).unwrap().count() <= 2, "the disk is bounded");
    }
}

#[test]
fn a_follower_sees_each_byte_once_and_jumps_over_what_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a");
    let mut writer = Writer::new(log.clone(), CAPS);
    assert_eq!(read_log(&log, 0).unwrap(), Chunk { from: 0, bytes: Vec::new() }, "nothing has come yet");
    let output = numbers(100);
    let mut seen = Vec::new();
    for piece in output.chunks(30) {
        writer.write(piece);
        loop {
            let chunk = read_log(&log, seen.len() as u64).unwrap();
            if chunk.bytes.is_empty() {
                break;
            }
            assert_eq!(chunk.from, seen.len() as u64);
            seen.extend(chunk.bytes);
        }
    }
    assert_eq!(seen, output);
    let late = read_log(&log, 100).unwrap();
    assert!(late.from >= 900 && output[usize::try_from(late.from).unwrap()..].starts_with(&late.bytes));
}

#[test]
fn a_new_log_at_the_same_place_shows_nothing_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &numbers(100), 10);
    let log = written(folder.path(), b"short", 10);
    assert_eq!(log_text(&log).unwrap(), "short");
}

#[test]
fn a_log_that_cannot_be_written_says_why_and_takes_the_output_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut writer = Writer::new(file.join("log"), CAPS);
    writer.write(b"one");
    writer.write(b"two");
    assert_eq!(writer.error().unwrap().kind(), ErrorKind::NotADirectory);
}
