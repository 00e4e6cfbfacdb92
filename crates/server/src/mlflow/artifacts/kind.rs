//! The media type of a file, by its name, as MLflow's server says it.

/// Endings, and names without one, that are shown as plain text.
const TEXT: [&str; 25] = [
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "MLmodel",
    "mlproject",
];

const BINARY: &str = "application/octet-stream";

/// Endings with a type of their own. Everything else is bytes.
const KINDS: [(&str, &str); 70] = [
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("ai", "application/postscript"),
    ("aif", "audio/x-aiff"),
    ("aiff", "audio/x-aiff"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("bat", "text/plain"),
    ("bmp", "image/bmp"),
    ("c", "text/plain"),
    ("css", "text/css"),
    ("dll", BINARY),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("eps", "application/postscript"),
    ("exe", BINARY),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("h", "text/plain"),
    ("h5", "application/x-hdf5"),
    ("hdf", "application/x-hdf"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpe", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("ksh", "text/plain"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("mjs", "text/javascript"),
    ("mov", "video/quicktime"),
    ("mp2", "audio/mpeg"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpeg"),
    ("n3", "text/n3"),
    ("nt", "application/n-triples"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("pl", "text/plain"),
    ("png", "image/png"),
    ("ppm", "image/x-portable-pixmap"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("ps", "application/postscript"),
    ("rtf", "application/rtf"),
    ("sh", "application/x-sh"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tgz", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("ttf", "font/ttf"),
    ("wasm", "application/wasm"),
    ("wav", "audio/x-wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xpm", "image/x-xpixmap"),
    ("zip", "application/zip"),
];

/// The media type of a file of this name.
pub(super) fn of(name: &str) -> &'static str {
    let ending = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.trim_matches('.').is_empty() => ending,
        _ => name,
    };
    if TEXT.contains(&ending) {
        return "text/plain";
    }
    let ending = ending.to_ascii_lowercase();
    if ending == name.to_ascii_lowercase() {
        return BINARY;
    }
    // A compressed file has the type of what is in it, as in Python's `mimetypes`.
    if matches!(ending.as_str(), "gz" | "bz2" | "xz" | "br") {
        let inner = name.rsplit_once('.').map_or("", |(stem, _)| stem);
        return if inner.contains('.') { known(inner) } else { BINARY };
    }
    known(name)
}

fn known(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match KINDS.binary_search_by_key(&ending.as_str(), |(ending, _)| ending) {
        Ok(found) => KINDS[found].1,
        Err(_) if TEXT.contains(&ending.as_str()) => "text/plain",
        Err(_) => BINARY,
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, of};

    #[test]
    fn a_type_is_what_mlflows_server_says() {
        let expected = [
            ("a.txt", "text/plain"),
            ("b.pkl", "application/octet-stream"),
            ("c.png", "image/png"),
            ("C.PNG", "image/png"),
            ("d.pdf", "application/pdf"),
            ("MLmodel", "text/plain"),
            ("mlproject", "text/plain"),
            ("model.tar.gz", "application/x-tar"),
            ("conda.yaml", "text/plain"),
            ("png", "application/octet-stream"),
            (".gitignore", "application/octet-stream"),
            ("page.html", "text/html"),
            ("no ending", "application/octet-stream"),
        ];
        for (name, kind) in expected {
            assert_eq!(of(name), kind, "{name}");
        }
    }

    #[test]
    fn the_endings_are_in_order_so_that_they_are_found() {
        assert!(KINDS.is_sorted_by_key(|(ending, _)| ending));
    }
}
