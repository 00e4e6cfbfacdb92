//! Containers by podman, real ones, over local processes. `cargo xtask containers` installs what they need and runs them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use executor::{Attempt, Container, Containers, Error, Executor, Exit, Mount, Secret};

use crate::{
    conformance,
    support::{LocalPlace, Place, ended, wait_for_log, wait_until},
};

const IMAGE: &str = "localhost/kaizen-executor-test:1";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct PodmanPlace {
    inner: LocalPlace,
}

impl PodmanPlace {
    fn new() -> Self {
        static IMAGE_IS_THERE: OnceLock<()> = OnceLock::new();
        let place = Self { inner: LocalPlace::new() };
        fs::write(place.config(), CONFIG).unwrap();
        IMAGE_IS_THERE.get_or_init(|| place.import());
        place
    }

    fn config(&self) -> PathBuf {
        self.inner.folder().join("containers.conf")
    }

    /// The environment of podman itself.
    fn environment(&self) -> BTreeMap<String, String> {
        let home = self.inner.folder().to_str().unwrap().to_owned();
        let config = self.config().to_str().unwrap().to_owned();
        [("PATH", PATH.to_owned()), ("HOME", home), ("CONTAINERS_CONF", config)]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    fn podman(&self, arguments: &[&str]) -> Output {
        let mut podman = Command::new("podman");
        podman.env_clear().envs(self.environment()).args(arguments);
        podman.output().expect("podman must be installed for this test")
    }

    /// Makes an image of nothing but busybox.
    fn import(&self) {
        let root = self.inner.folder().join("root");
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::create_dir_all(root.join("tmp")).unwrap();
        fs::copy("/bin/busybox", root.join("bin/busybox"))
            .expect("busybox-static must be installed for this test");
        for applet in ["sh", "sleep", "env", "id", "cat", "dd", "touch"] {
            std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).unwrap();
        }
        let tar = self.inner.folder().join("image.tar");
        let packed = Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&tar).arg(".").status().unwrap();
        assert!(packed.success());
        let imported = self.podman(&["import", "--quiet", tar.to_str().unwrap(), IMAGE]);
        assert!(imported.status.success(), "{imported:?}");
    }

    fn containers(&self) -> Vec<String> {
        let listed = self.podman(&["ps", "-a", "--format", "{{.Labels}}"]);
        let text = String::from_utf8(listed.stdout).unwrap();
        text.lines().filter(|line| line.contains(self.marker())).map(str::to_owned).collect()
    }
}

const CONFIG: &str = include_str!("containers.conf");

impl Place for PodmanPlace {
    fn executor(&self) -> Box<dyn Executor> {
        let notes = self.inner.folder().join("containers");
        Box::new(Containers::new(self.inner.executor(), self.environment(), self.marker(), notes))
    }

    fn attempt(&self, id: &str, line: &str) -> Attempt {
        let mut attempt = self.inner.attempt(id, line);
        attempt.environment.insert("PATH".to_owned(), "/bin".to_owned());
        let mount = Mount { host: self.work().to_owned(), container: PathBuf::from("/work"), writable: true };
        attempt.container = Some(Container {
            image: IMAGE.to_owned(),
            mounts: vec![mount],
            folder: PathBuf::from("/work"),
            network: false,
        });
        attempt
    }

    fn work(&self) -> &Path {
        self.inner.work()
    }

    fn supervisors(&self) -> PathBuf {
        self.inner.supervisors()
    }

    fn marker(&self) -> &str {
        self.inner.marker()
    }

    fn environment_is_exact(&self) -> bool {
        false
    }
}

impl Drop for PodmanPlace {
    /// A test that failed half way leaves nothing on the machine.
    fn drop(&mut self) {
        let listed = self.podman(&["ps", "-a", "--format", "{{.ID}} {{.Labels}}"]);
        for line in
            String::from_utf8_lossy(&listed.stdout).lines().filter(|line| line.contains(self.marker()))
        {
            let id = line.split(' ').next().unwrap_or_default();
            self.podman(&["rm", "--force", "--time", "0", id]);
        }
    }
}

conformance::conformance!(PodmanPlace::new());

#[tokio::test]
async fn a_container_sees_its_mounts_only_and_its_files_are_the_callers() {
    let place = PodmanPlace::new();
    let executor = place.executor();
    fs::write(place.work().join("in"), "given").unwrap();
    let read_only = place.inner.folder().join("read-only");
    fs::create_dir(&read_only).unwrap();
    let line = "cat in; echo; pwd; touch out; touch /ro/x || echo refused; [ -e /etc/passwd ] || echo hidden";
    let mut attempt = place.attempt("mounts", line);
    let mount = Mount { host: read_only.clone(), container: PathBuf::from("/ro"), writable: false };
    attempt.container.as_mut().unwrap().mounts.push(mount);
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::Code(0), "{end:?}");
    for expected in ["given\n/work\n", "refused", "Read-only file system"] {
        assert!(end.tail.contains(expected), "no {expected:?}: {end:?}");
    }
    let owner = fs::metadata(place.work().join("out")).unwrap().uid();
    assert_eq!(owner, fs::metadata(place.work()).unwrap().uid());
    assert_eq!(place.containers(), [""; 0], "it is removed at its end");
    assert_eq!(fs::read_dir(place.inner.folder().join("containers")).unwrap().count(), 0, "so is its note");
}

#[tokio::test]
async fn a_container_has_no_network_unless_it_is_given_one() {
    let place = PodmanPlace::new();
    let executor = place.executor();
    let attempt = place.attempt("network", "cat /proc/net/route; echo end");
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert!(end.tail.lines().count() <= 2 && end.tail.ends_with("end"), "{end:?}");
}

#[tokio::test]
async fn a_container_outlives_no_end() {
    let place = PodmanPlace::new();
    let executor = place.executor();
    let mut attempt = place.attempt("stubborn", "trap '' TERM; echo ready; sleep 1000; sleep 1000");
    attempt.grace = std::time::Duration::from_millis(200);
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    running.end();
    assert_eq!(ended(&mut running).await.exit, Exit::Ended);
    assert_eq!(place.containers(), [""; 0]);
    assert_eq!(place.left("stubborn"), [0_i32; 0]);
}

#[tokio::test]
async fn a_container_whose_client_and_supervisor_were_killed_is_removed_by_discarding() {
    let place = PodmanPlace::new();
    let attempt = place.attempt("orphan", "echo ready; sleep 1000");
    {
        let executor = place.executor();
        let _running = executor.start(&attempt).await.unwrap();
        wait_for_log(executor.as_ref(), &attempt, "ready").await;
        place.lose();
        assert_eq!(place.containers().len(), 1);
    }
    let executor = place.executor();
    assert!(executor.adopt("orphan").await.unwrap().is_none());
    executor.discard("orphan").await.unwrap();
    assert_eq!(place.containers(), [""; 0]);
    wait_until("nothing is left", || place.left("orphan").is_empty());
}

#[tokio::test]
async fn a_missing_image_or_engine_is_a_clear_error() {
    let place = PodmanPlace::new();
    let mut attempt = place.attempt("missing", "true");
    attempt.container.as_mut().unwrap().image = "localhost/no-such-image:3".to_owned();
    let error = place.executor().start(&attempt).await.err().unwrap();
    let expected = "podman: the image localhost/no-such-image:3 is not on this machine; \
                    get it with `podman pull localhost/no-such-image:3`";
    assert_eq!(error.to_string(), expected);
    let nowhere = BTreeMap::from([("PATH".to_owned(), "/nowhere".to_owned())]);
    let notes = place.inner.folder().join("notes");
    let executor = Containers::new(place.inner.executor(), nowhere, "m", notes);
    let error = executor.start(&attempt).await.err().unwrap();
    let expected = "podman or docker: neither is found in PATH (/nowhere); install podman, or remove `image`";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn secrets_of_a_container_are_in_no_list_of_processes() {
    let place = PodmanPlace::new();
    let executor = place.executor();
    let mut attempt = place.attempt("secret", "echo ready; sleep 1000");
    attempt.environment.insert("KEY".to_owned(), "hunter22".to_owned());
    attempt.secrets = vec![Secret::new("hunter22")];
    let _running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    let left = place.left("secret");
    assert!(!left.is_empty());
    for pid in left {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&arguments).contains("hunter22"));
    }
    executor.discard("secret").await.unwrap();
    // A name that podman uses itself cannot carry a secret.
    let mut attempt = place.attempt("clash", "true");
    attempt.environment.insert("HOME".to_owned(), "hunter22".to_owned());
    attempt.secrets = vec![Secret::new("hunter22")];
    let error = executor.start(&attempt).await.err().unwrap();
    assert!(matches!(&error, Error::Invalid { .. }) && error.to_string().contains("`HOME`"), "{error}");
}

#[tokio::test]
async fn a_memory_limit_goes_to_the_container() {
    let place = PodmanPlace::new();
    let executor = place.executor();
    let mut attempt =
        place.attempt("memory", "dd if=/dev/zero of=/dev/null bs=200M count=1; echo survived; exit 1");
    attempt.command =
        ["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"].map(str::to_owned).to_vec();
    attempt.memory = Some(32 << 20);
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::OutOfMemory, "{end:?}");
    assert_eq!(end.notices, ["its container has a memory limit and was killed: taken for out of memory"]);
}
