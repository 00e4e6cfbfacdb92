use std::{fs, os::unix::fs::MetadataExt as _, process::Command};

use super::*;

fn accesses(lines: &str) -> Accesses {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    fs::write(&trace, lines).unwrap();
    read(&trace, Path::new("/w")).unwrap()
}

fn paths(paths: &[&str]) -> BTreeSet<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

#[test]
fn opens_are_read_or_written_by_their_flags_and_failed_calls_are_neither() {
    let found = accesses(
        r#"7 openat(AT_FDCWD</w>, "in", O_RDONLY|O_CLOEXEC) = 3</w/in>
7 openat(AT_FDCWD</w>, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)
7 openat(AT_FDCWD</w>, "out", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/out>
7 openat(AT_FDCWD</w>, "out", O_RDONLY) = 3</w/out>
7 openat(AT_FDCWD</w>, "both", O_RDWR) = 3</w/both>
7 openat(AT_FDCWD</w>, "new", O_RDWR|O_CREAT, 0666) = 3</w/new>
7 openat(AT_FDCWD</w>, ".", O_RDONLY|O_DIRECTORY) = 3</w>
7 openat(4</w/sub>, "deep", O_RDONLY) = 5</w/sub/deep>
7 openat2(AT_FDCWD</w>, "two", {flags=O_WRONLY|O_CREAT, mode=0, resolve=0}, 24) = 3</w/two>
7 open("/abs/../old", O_RDONLY) = 3</old>
7 creat("made", 0666) = 3</w/made>
7 execve("/usr/bin/tool", ["tool", "a, b) = 1"], 0x7ffe /* 3 vars */) = 0
7 exit_group(0) = ?
7 +++ exited with 0 +++
"#,
    );
    assert_eq!(found.read, paths(&["/w/in", "/w/both", "/w/sub/deep", "/old", "/usr/bin/tool"]));
    assert_eq!(found.written, paths(&["/w/out", "/w/both", "/w/new", "/w/two", "/w/made"]));
}

#[test]
fn calls_that_are_interrupted_are_put_together_for_each_process() {
    let found = accesses(
        r#"7 openat(AT_FDCWD</w>, "a", O_WRONLY|O_CREAT <unfinished ...>
8 openat(AT_FDCWD</w>, "b", O_RDONLY <unfinished ...>
7 <... openat resumed>, 0666) = 3</w/a>
8 <... openat resumed>) = -1 ENOENT (No such file or directory)
9 <... openat resumed>) = 3</w/c>
"#,
    );
    assert_eq!((found.read, found.written), (paths(&[]), paths(&["/w/a"])));
}

#[test]
fn relative_paths_follow_the_folder_of_each_process() {
    let found = accesses(
        r#"7 open("one", O_RDONLY) = 3
7 chdir("sub") = 0
7 vfork( <unfinished ...>
8 open("two", O_RDONLY) = 3
8 chdir("..") = 0
8 open("three", O_RDONLY) = 3
7 <... vfork resumed>) = 8
7 open("four", O_RDONLY) = 3
7 clone(child_stack=NULL, flags=SIGCHLD) = 9
9 open("five", O_RDONLY) = 3
9 fchdir(4</else where>) = 0
9 open("six", O_RDONLY) = 3
"#,
    );
    let read = ["/w/one", "/w/sub/two", "/w/three", "/w/sub/four", "/w/sub/five", "/else where/six"];
    assert_eq!(found.read, paths(&read));
}

#[test]
fn renames_move_what_was_written_and_read_what_was_there() {
    let found = accesses(
        r#"7 openat(AT_FDCWD</w>, "t/part", O_WRONLY|O_CREAT, 0666) = 3
7 renameat2(AT_FDCWD</w>, "t", AT_FDCWD</w>, "final", RENAME_NOREPLACE) = 0
7 openat(AT_FDCWD</w>, "tmp", O_WRONLY|O_CREAT, 0666) = 3
7 rename("tmp", "result") = 0
7 rename("before", "after") = 0
7 openat(AT_FDCWD</w>, "scratch", O_RDWR|O_CREAT|O_EXCL, 0600) = 3
7 unlink("scratch") = 0
7 symlink("result", "link") = 0
7 linkat(AT_FDCWD</w>, "result", AT_FDCWD</w>, "hard", 0) = 0
"#,
    );
    assert_eq!(found.read, paths(&["/w/before"]));
    assert_eq!(found.written, paths(&["/w/final/part", "/w/result", "/w/after", "/w/link", "/w/hard"]));
}

#[test]
fn names_with_odd_characters_are_read_as_they_are() {
    let found = accesses(
        r#"7 openat(AT_FDCWD</w>, "a \"b\", c\\d) = 1\303\251\n", O_RDONLY) = 3
7 openat(5</w/\74x\76>, "y", O_RDONLY) = 3
7 nonsense
not a line
"#,
    );
    assert_eq!(found.read, paths(&["/w/a \"b\", c\\d) = 1é\n", "/w/<x>/y"]));
}

#[test]
fn a_real_trace_tells_what_a_shell_and_its_children_touched() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().canonicalize().unwrap();
    fs::create_dir(work.join("sub")).unwrap();
    fs::write(work.join("in put"), "x").unwrap();
    let line = r#"cat "in put" >sub/tmp; (cd sub && mv tmp "öut"); cat missing 2>/dev/null; cat sub/*"#;
    let command = ["sh", "-c", line].map(str::to_owned);
    let path = "/usr/local/bin:/usr/bin:/bin";
    let trace = work.join("trace");
    let traced = traced(&command, &trace, path).unwrap();
    let output = Command::new(&traced[0]).args(&traced[1..]).current_dir(&work).output().unwrap();
    assert!(output.status.success() && output.stdout == b"x", "{output:?}");
    let found = read(&trace, &work).unwrap();
    let inside = |set: &BTreeSet<PathBuf>| {
        set.iter().filter(|path| path.starts_with(&work)).cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(inside(&found.read), [work.join("in put")].into());
    assert_eq!(inside(&found.written), [work.join("sub/öut")].into());
    assert!(found.read.iter().any(|path| path.ends_with("bin/cat")), "{:?}", found.read);
}

#[test]
fn without_strace_the_error_says_what_to_install() {
    let error = traced(&["true".to_owned()], Path::new("/t"), "/nowhere:/else").unwrap_err();
    assert!(error.contains("`strace` is not found in PATH (/nowhere:/else); install it"), "{error}");
}

#[test]
fn a_trace_names_files_whole_and_has_nothing_that_programs_are_called_with() {
    let folder = tempfile::tempdir().unwrap();
    let (work, long) =
        (folder.path().canonicalize().unwrap(), "a-name-that-is-longer-than-what-is-cut-off".repeat(3));
    let line = format!("env echo hunter22 >{long}");
    let trace = work.join("trace");
    fs::write(&trace, "of before").unwrap();
    let traced =
        traced(&["sh", "-c", &line].map(str::to_owned), &trace, "/usr/local/bin:/usr/bin:/bin").unwrap();
    let output = Command::new(&traced[0]).args(&traced[1..]).current_dir(&work).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(&trace).unwrap();
    assert!(text.contains("execve(") && !text.contains("hunter22") && !text.contains("of before"), "{text}");
    assert!(read(&trace, &work).unwrap().written.contains(&work.join(long)), "{text}");
    assert_eq!(fs::metadata(&trace).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_trace_that_cannot_be_made_is_named() {
    let path = "/usr/local/bin:/usr/bin:/bin";
    let error = traced(&["true".to_owned()], Path::new("/nowhere/trace"), path).unwrap_err();
    assert!(
        error.starts_with("the file of its trace, /nowhere/trace, cannot be made: No such file"),
        "{error}"
    );
}
