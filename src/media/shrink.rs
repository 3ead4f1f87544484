//! A picture as screens need it: no larger, without what cameras note in it, JPEG where nothing shines through, else PNG.
//! Pure, and slow: not for an async thread.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _};

use super::decode::{Unseen, decode};

/// The widths that pictures are served in.
pub const WIDTHS: [u32; 5] = [96, 320, 640, 1280, 1920];
/// The width that others are made from.
pub const WIDEST: u32 = 1920;
/// Beyond twice its width nobody sees more of a tall picture.
const TALLEST: u32 = 2;
/// What JPEG keeps: more is not seen from the first row.
const QUALITY: u8 = 82;
/// So many times larger a picture is first brought down by plain averages, which is far faster and no worse.
const ROUGHLY: u32 = 3;

/// The width that is served where `wanted` is asked for: the next above, or the widest.
pub fn step(wanted: u32) -> u32 {
    let fits = WIDTHS.into_iter().find(|width| *width >= wanted);
    fits.unwrap_or(WIDEST)
}

/// A picture as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Its content type.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Where nothing shines through.
    Jpeg,
    /// Where something does.
    Png,
}

impl Kind {
    /// As HTTP says it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// By the first bytes of what [`shrunk`] made.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\x89PNG") {
            Self::Png
        } else {
            Self::Jpeg
        }
    }
}

/// Foreign bytes as a picture of at most this width, and never larger than it is.
///
/// # Errors
/// Why it cannot be looked at.
pub fn shrunk(bytes: &[u8], width: u32) -> Result<Encoded, Unseen> {
    let picture = decode(bytes)?;
    encode(&resized(picture, width)).ok_or(Unseen::Damaged)
}

/// A narrower one of what [`shrunk`] made; nothing where that is narrow enough.
///
/// # Errors
/// It is damaged.
pub fn narrowed(of: &Encoded, width: u32) -> Result<Option<Encoded>, Unseen> {
    let size = image::ImageReader::new(std::io::Cursor::new(&of.bytes))
        .with_guessed_format()
        .map_err(|_| Unseen::Damaged)?
        .into_dimensions();
    let (wide, high) = size.map_err(|_| Unseen::Damaged)?;
    if wide <= width && high <= width * TALLEST {
        return Ok(None);
    }
    shrunk(&of.bytes, width).map(Some)
}

fn resized(picture: DynamicImage, width: u32) -> DynamicImage {
    let (most_wide, most_high) = (width, width * TALLEST);
    let (wide, high) = (picture.width(), picture.height());
    if wide <= most_wide && high <= most_high {
        return picture;
    }
    // What shines through is weighed by how much it does, else its hidden colours would bleed at the edges.
    let clear = has_clear(&picture);
    let picture = if clear {
        DynamicImage::ImageRgba8(multiplied(picture.into_rgba8()))
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    };
    let rough = wide > most_wide * ROUGHLY || high > most_high * ROUGHLY;
    let picture = if rough {
        picture.thumbnail(most_wide * 2, most_high * 2)
    } else {
        picture
    };
    let small = picture.resize(most_wide, most_high, FilterType::CatmullRom);
    if clear {
        DynamicImage::ImageRgba8(divided(small.into_rgba8()))
    } else {
        small
    }
}

fn multiplied(mut picture: image::RgbaImage) -> image::RgbaImage {
    for pixel in picture.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let part = |light: u8| scaled(u32::from(light) * u32::from(alpha) + 127, 255);
        pixel.0 = [part(red), part(green), part(blue), alpha];
    }
    picture
}

fn divided(mut picture: image::RgbaImage) -> image::RgbaImage {
    for pixel in picture.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        if alpha > 0 {
            let whole = |light: u8| scaled(u32::from(light) * 255, u32::from(alpha));
            pixel.0 = [whole(red), whole(green), whole(blue), alpha];
        }
    }
    picture
}

fn scaled(light: u32, by: u32) -> u8 {
    u8::try_from(light / by).unwrap_or(u8::MAX)
}

fn has_clear(picture: &DynamicImage) -> bool {
    picture.color().has_alpha()
        && match picture {
            DynamicImage::ImageRgba8(picture) => picture.pixels().any(|pixel| pixel.0[3] < 255),
            other => other.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255),
        }
}

fn encode(picture: &DynamicImage) -> Option<Encoded> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width(), picture.height());
    if has_clear(picture) {
        let encoder =
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, PngFilter::Adaptive);
        let pixels = picture.to_rgba8();
        encoder
            .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            .ok()?;
    } else {
        let pixels = picture.to_rgb8();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
            .ok()?;
    }
    Some(Encoded {
        kind: Kind::of(&bytes),
        bytes,
    })
}
