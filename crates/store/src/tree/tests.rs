use std::{fs, path::Path};

use base::Hash;

use super::{Tree, materialise};
use crate::{Error, files::faulty::Faulty, testing::Scene};

const FILES: [(&str, &str); 4] =
    [("model.onnx", "weights"), ("MLmodel", "flavors"), ("data/a/rows.csv", "1"), ("data/b.csv", "")];

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_tree_is_one_object_whatever_order_its_files_come_in() {
    let scene = Scene::new();
    let hash = scene.store.put_tree(&FILES).unwrap();
    let mut reversed = FILES;
    reversed.reverse();
    assert_eq!(scene.store.put_tree(&reversed).unwrap(), hash);
    let tree = scene.store.tree(&hash).unwrap();
    let paths: Vec<_> = tree.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["MLmodel", "data/a/rows.csv", "data/b.csv", "model.onnx"]);
    let model = tree.file("model.onnx").unwrap();
    assert_eq!(scene.store.get_bytes(&model.hash).unwrap(), b"weights");
    assert_eq!(tree.file("model"), None);
}

#[test]
fn the_form_of_a_stored_tree_never_changes() {
    let (hash, empty) = (Hash::of("weights"), Hash::of(""));
    let text = format!(
        "{{\"files\":[{{\"bytes\":0,\"hash\":\"{empty}\",\"path\":\"a/b\"}},\
         {{\"bytes\":7,\"hash\":\"{hash}\",\"path\":\"model.onnx\"}}],\"format\":1}}\n"
    );
    assert_eq!(Tree::of(&[("model.onnx", "weights"), ("a/b", "")]).unwrap().encode(), text);
}

#[test]
fn names_that_could_lead_outside_are_refused_when_stored_and_when_read() {
    let scene = Scene::new();
    let hostile = [
        "",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        ".",
        "./a",
        "a//b",
        "a/",
        "a\\..\\b",
        "a\0b",
        "a\nb",
    ];
    for name in hostile {
        let refused = scene.store.put_tree(&[(name, "x")]).unwrap_err();
        assert!(matches!(refused, Error::TreeName { .. }), "{name:?}: {refused}");
        let file = serde_json::json!({"path": name, "bytes": 1, "hash": Hash::of("x")});
        let forged = serde_json::json!({"format": 1, "files": [file]}).to_string();
        let hash = scene.store.put_bytes(forged).unwrap();
        let place = scene.dir.path().join("out");
        let refused = scene.store.materialise_tree(&hash, &place).unwrap_err();
        assert!(matches!(refused, Error::TreeName { .. }), "{name:?}: {refused}");
        assert!(!place.exists());
    }
    for clash in [[("a", "x"), ("a", "y")], [("a", "x"), ("a/b", "y")]] {
        let refused = scene.store.put_tree(&clash).unwrap_err();
        assert!(matches!(refused, Error::TreeName { .. }), "{refused}");
    }
}

#[test]
fn an_object_that_is_no_tree_is_refused() {
    let scene = Scene::new();
    for text in ["weights", "{}", r#"{"format":2,"files":[]}"#] {
        let hash = scene.store.put_bytes(text).unwrap();
        let error = scene.store.tree(&hash).unwrap_err();
        assert!(matches!(error, Error::NotATree { .. }), "{text}: {error}");
    }
}

#[test]
fn a_tree_is_written_as_a_directory_and_writing_it_again_changes_nothing() {
    let scene = Scene::new();
    let hash = scene.store.put_tree(&FILES).unwrap();
    let place = scene.dir.path().join("models/late/1");
    scene.store.materialise_tree(&hash, &place).unwrap();
    for (path, content) in FILES {
        assert_eq!(fs::read_to_string(place.join(path)).unwrap(), content, "{path}");
    }
    assert!(!fs::metadata(place.join("MLmodel")).unwrap().permissions().readonly());
    scene.store.materialise_tree(&hash, &place).unwrap();
    assert_eq!(names(place.parent().unwrap()), ["1"]);
    let empty = scene.dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    scene.store.materialise_tree(&hash, &empty).unwrap();
    assert_eq!(names(&empty), ["MLmodel", "data", "model.onnx"]);
}

#[test]
fn a_place_that_holds_something_else_is_left_alone() {
    let scene = Scene::new();
    let hash = scene.store.put_tree(&FILES).unwrap();
    let place = scene.dir.path().join("out");
    for (path, content) in [("model.onnx", "changed"), ("extra.txt", "mine")] {
        scene.store.materialise_tree(&hash, &place).unwrap();
        fs::write(place.join(path), content).unwrap();
        let error = scene.store.materialise_tree(&hash, &place).unwrap_err();
        assert!(matches!(error, Error::Occupied { .. }), "{error}");
        assert_eq!(fs::read_to_string(place.join(path)).unwrap(), content);
        fs::remove_dir_all(&place).unwrap();
    }
    fs::write(&place, "a file").unwrap();
    let error = scene.store.materialise_tree(&hash, &place).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
}

#[test]
fn a_tree_with_a_damaged_file_is_not_written_at_all() {
    let scene = Scene::new();
    let hash = scene.store.put_tree(&FILES).unwrap();
    let object = scene.store.path(&Hash::of("weights")).unwrap();
    fs::remove_file(&object).unwrap();
    let place = scene.dir.path().join("models/out");
    let missing = scene.store.materialise_tree(&hash, &place).unwrap_err();
    assert!(matches!(missing, Error::Missing { .. }), "{missing}");
    fs::write(&object, "wheights").unwrap();
    let corrupt = scene.store.materialise_tree(&hash, &place).unwrap_err();
    assert!(matches!(corrupt, Error::Corrupt { .. }), "{corrupt}");
    assert_eq!(names(place.parent().unwrap()), [""; 0]);
}

#[test]
fn a_disk_that_fills_up_while_a_tree_is_written_leaves_nothing() {
    let scene = Scene::new();
    let hash = scene.store.put_tree(&FILES).unwrap();
    let tree = scene.store.tree(&hash).unwrap();
    let write =
        |faulty: &Faulty, place: &Path| materialise(&tree, &hash, scene.store.objects(), faulty, place);
    let counting = Faulty::sound();
    write(&counting, &scene.dir.path().join("rehearsal/out")).unwrap();
    // The last operation syncs the directory above: the tree is whole then, and there.
    for operations in 0..counting.operations() - 1 {
        let place = scene.dir.path().join("full/out");
        let error = write(&Faulty::full_after(operations), &place).unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "after {operations}: {error}");
        assert_eq!(names(place.parent().unwrap()), [""; 0], "after {operations}");
    }
}
