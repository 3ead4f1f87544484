//! Pictures that the organiser brings: logos, backgrounds, sponsors' signs. Drawn anew before they are served, so that nothing
//! but their pixels reaches a page. Slow: not for an async thread.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// What a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A logo or a sponsor's sign: sharp edges, perhaps on nothing.
    Sign,
    /// Behind everything: as large as the largest screens.
    Background,
}

/// Longest side of what is served, in pixels.
const LONGEST_SIGN: u32 = 1600;
const LONGEST_BACKGROUND: u32 = 3840;
/// Longest side and most pixels of what is decoded, and the memory that it may take, in bytes.
const LONGEST_SIDE: u32 = 16_384;
const MOST_PIXELS: u64 = 50_000_000;
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// Of a background; nobody sees the rest behind text.
const QUALITY: u8 = 86;

/// Why a picture is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// A drawing that may hold scripts and addresses.
    #[error("is an SVG, which can hold programs; save it as PNG, at least 800 pixels wide")]
    Svg,
    /// The bytes are no picture that we know.
    #[error("is no PNG, JPEG or WebP; save it as one of these")]
    NoPicture,
    /// It would take too much memory or time.
    #[error(
        "has {0} × {1} pixels, more than can be used; make it at most {LONGEST_BACKGROUND} pixels wide"
    )]
    TooLarge(u32, u32),
    /// It is damaged.
    #[error("is damaged and cannot be read; save it anew")]
    Damaged,
}

/// The picture as it is served: turned as its camera says, no larger than screens need, and without anything else.
///
/// # Errors
/// Why it is not taken, in words that go on after its name.
pub fn redraw(bytes: &[u8], kind: Kind) -> Result<Vec<u8>, NotTaken> {
    let picture = decode(bytes)?;
    let longest = match kind {
        Kind::Sign => LONGEST_SIGN,
        Kind::Background => LONGEST_BACKGROUND,
    };
    let picture = if picture.width().max(picture.height()) > longest {
        picture.resize(longest, longest, FilterType::CatmullRom)
    } else {
        picture
    };
    let mut drawn = Cursor::new(Vec::new());
    let written = match kind {
        Kind::Sign => {
            DynamicImage::ImageRgba8(picture.into_rgba8()).write_to(&mut drawn, ImageFormat::Png)
        }
        Kind::Background => {
            let encoder = JpegEncoder::new_with_quality(&mut drawn, QUALITY);
            DynamicImage::ImageRgb8(picture.into_rgb8()).write_with_encoder(encoder)
        }
    };
    written.map_err(|_| NotTaken::Damaged)?;
    Ok(drawn.into_inner())
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, NotTaken> {
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        _ if is_svg(bytes) => return Err(NotTaken::Svg),
        _ => return Err(NotTaken::NoPicture),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.no_limits();
    let (width, height) = reader.into_dimensions().map_err(|_| NotTaken::Damaged)?;
    if width.max(height) > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(NotTaken::TooLarge(width, height));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| NotTaken::Damaged)?;
    let turned = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| NotTaken::Damaged)?;
    if let Some(turned) = turned {
        picture.apply_orientation(turned);
    }
    Ok(picture)
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.contains("<svg")
        || (head
            .trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with("<?xml")
            && head.contains("svg"))
}

/// Where what is served lies, by fingerprint.
#[derive(Debug, Clone)]
pub struct OwnFiles(PathBuf);

impl OwnFiles {
    /// In that folder, which is made with the first file.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The file of that fingerprint, whether or not it is there.
    pub fn path(&self, version: &str) -> PathBuf {
        self.0.join(version)
    }

    /// Keeps a file whole or not at all.
    ///
    /// # Errors
    /// The disk refuses it.
    pub fn keep(&self, version: &str, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path(version);
        if path.is_file() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.0)?;
        let part = self.0.join(format!("{version}.part"));
        write(&part, bytes).inspect_err(|_| drop(std::fs::remove_file(&part)))?;
        std::fs::rename(part, path)
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_drawn_anew_and_no_larger_than_screens() {
        let clear = DynamicImage::new_rgba8(3000, 30);
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let sign = redraw(&encoded(&clear, format), Kind::Sign).unwrap();
            assert_eq!(image::guess_format(&sign).unwrap(), ImageFormat::Png);
            let sign = image::load_from_memory(&sign).unwrap();
            assert_eq!((sign.width(), sign.height()), (1600, 16));
            assert!(sign.color().has_alpha(), "what was clear stays clear");
        }
        let mut jpeg = encoded(&DynamicImage::new_rgb8(40, 30), ImageFormat::Jpeg);
        // A comment that says something of its maker.
        jpeg.splice(2..2, b"\xff\xfe\x00\x08secret".iter().copied());
        let drawn = redraw(&jpeg, Kind::Background).unwrap();
        assert_eq!(image::guess_format(&drawn).unwrap(), ImageFormat::Jpeg);
        assert!(!drawn.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn what_is_not_taken_says_why() {
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "\u{feff}<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>",
            "<!-- a logo --><SVG/>",
        ] {
            assert_eq!(
                redraw(svg.as_bytes(), Kind::Sign),
                Err(NotTaken::Svg),
                "{svg}"
            );
        }
        for other in [b"".as_slice(), b"<html>", b"GIF89a\0\0\0\0\0\0"] {
            assert_eq!(redraw(other, Kind::Sign), Err(NotTaken::NoPicture));
        }
        let png = encoded(&DynamicImage::new_rgb8(60, 60), ImageFormat::Png);
        assert_eq!(
            redraw(&png[..png.len() / 2], Kind::Sign),
            Err(NotTaken::Damaged)
        );
        // The head of a picture that would take gigabytes.
        let mut bomb = png.clone();
        bomb[16..24].copy_from_slice(&[0, 0, 0x3f, 0, 0, 0, 0x3f, 0]);
        let error = redraw(&bomb, Kind::Sign).unwrap_err();
        assert!(
            matches!(error, NotTaken::TooLarge(..) | NotTaken::Damaged),
            "{error}"
        );
    }

    #[test]
    fn a_file_is_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let files = OwnFiles::new(folder.path().join("brand"));
        files.keep("0123456789abcdef", b"one").unwrap();
        files.keep("0123456789abcdef", b"one").unwrap();
        assert_eq!(
            std::fs::read(files.path("0123456789abcdef")).unwrap(),
            b"one"
        );
        assert_eq!(
            std::fs::read_dir(folder.path().join("brand"))
                .unwrap()
                .count(),
            1
        );
    }
}
