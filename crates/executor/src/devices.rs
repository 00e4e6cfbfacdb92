//! NVIDIA devices of this machine, as slots to hand out.

use std::{fs, path::Path};

/// The devices, by the index that `CUDA_VISIBLE_DEVICES` knows them by: CUDA counts those it can reach from 0, whatever
/// numbers their device files have. `root` is `/`, or a made-up tree in tests. The driver lists the devices of the
/// machine in `proc/driver/nvidia/gpus`; a container may have been given the device files of some of them only.
pub fn gpus(root: &Path) -> Vec<u32> {
    let listed = names(&root.join("proc/driver/nvidia/gpus")).len();
    let is_device = |name: &String| {
        let number = name.strip_prefix("nvidia").unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let files = names(&root.join("dev")).into_iter().filter(is_device).count();
    let count = if listed == 0 || files == 0 { listed.max(files) } else { listed.min(files) };
    (0..u32::try_from(count).unwrap_or(u32::MAX)).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(gpus: &[&str], files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for gpu in gpus {
            fs::create_dir_all(root.path().join("proc/driver/nvidia/gpus").join(gpu)).unwrap();
        }
        fs::create_dir(root.path().join("dev")).unwrap();
        for file in files {
            fs::write(root.path().join("dev").join(file), "").unwrap();
        }
        root
    }

    #[test]
    fn a_machine_without_devices_has_none() {
        assert_eq!(gpus(machine(&[], &["null", "nvidiactl", "nvidia-uvm"]).path()), [] as [u32; 0]);
        assert_eq!(gpus(Path::new("/nowhere")), [] as [u32; 0]);
    }

    #[test]
    fn devices_are_counted_from_the_driver_or_from_their_files() {
        let two = ["0000:01:00.0", "0000:41:00.0"];
        assert_eq!(gpus(machine(&two, &["nvidia0", "nvidia1", "nvidiactl"]).path()), [0, 1]);
        assert_eq!(gpus(machine(&two, &[]).path()), [0, 1]);
        assert_eq!(gpus(machine(&[], &["nvidia0", "nvidia-modeset"]).path()), [0]);
    }

    #[test]
    fn a_container_with_one_of_two_devices_has_device_0() {
        let two = ["0000:01:00.0", "0000:41:00.0"];
        assert_eq!(gpus(machine(&two, &["nvidia1", "nvidiactl"]).path()), [0]);
    }
}
