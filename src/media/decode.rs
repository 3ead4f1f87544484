//! Foreign bytes to a picture, within bounds. Pure, and slow: not for an async thread.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// Longest side of a picture that is decoded, in pixels.
const LONGEST_SIDE: u32 = 16_384;
/// Most pixels of a picture that is decoded.
const MOST_PIXELS: u64 = 40_000_000;
/// Memory that decoding may take, in bytes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// Why a picture cannot be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// The bytes are none.
    #[error("its picture is no PNG, JPEG, GIF or WebP")]
    NoPicture,
    /// It would take too much memory or time.
    #[error("its picture is too large to look at: {0} × {1} pixels")]
    TooLarge(u32, u32),
    /// It is damaged, or needs more memory than allowed.
    #[error("its picture cannot be decoded")]
    Damaged,
}

/// Decodes PNG, JPEG, GIF or WebP, told by its bytes, the right way up; of a moving picture the first frame.
///
/// # Errors
/// Why it cannot be looked at.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, Unseen> {
    let format = image::guess_format(bytes).map_err(|_| Unseen::NoPicture)?;
    if !matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP
    ) {
        return Err(Unseen::NoPicture);
    }
    // Without limits: what is too large shall be called that.
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    let (width, height) = size.map_err(|_| Unseen::Damaged)?;
    if width.max(height) > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Unseen::TooLarge(width, height));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Unseen::Damaged)?;
    // A damaged note on how it was held is no reason to refuse it.
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Unseen::Damaged)?;
    picture.apply_orientation(turned);
    Ok(picture)
}
