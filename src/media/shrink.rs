//! A picture as screens need it: no larger, without what cameras note in it, JPEG where nothing shines through, else PNG.
//! Pure, and slow: not for an async thread.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, RgbImage, RgbaImage};

use super::decode::{Unseen, decode};

/// The widths that pictures are served in.
pub const WIDTHS: [u32; 5] = [96, 320, 640, 1280, 1920];
/// The width that others are made from.
pub const WIDEST: u32 = 1920;
/// Beyond twice its width nobody sees more of a tall picture.
const TALLEST: u32 = 2;
/// What JPEG keeps: more is not seen from the first row.
const QUALITY: u8 = 82;

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
    let made = resized(picture, width).and_then(|picture| encode(&picture));
    made.ok_or(Unseen::Damaged)
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

/// Narrower by a good filter; what shines through is weighed by how much it does, else its hidden colours would bleed at
/// the edges.
fn resized(picture: DynamicImage, width: u32) -> Option<DynamicImage> {
    let (wide, high) = (picture.width(), picture.height());
    if wide <= width && high <= width * TALLEST {
        return Some(picture);
    }
    let (new_wide, new_high) = fitted(wide, high, width);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    let resize = |pixels: &[u8], kind| {
        let from = ImageRef::new(wide, high, pixels, kind).ok()?;
        let mut to = Image::new(new_wide, new_high, kind);
        Resizer::new().resize(&from, &mut to, &options).ok()?;
        Some(to.into_vec())
    };
    if has_clear(&picture) {
        let small = resize(&picture.into_rgba8(), PixelType::U8x4)?;
        RgbaImage::from_raw(new_wide, new_high, small).map(DynamicImage::ImageRgba8)
    } else {
        let small = resize(&picture.into_rgb8(), PixelType::U8x3)?;
        RgbImage::from_raw(new_wide, new_high, small).map(DynamicImage::ImageRgb8)
    }
}

/// The largest size within the width and the height that goes with it, of the same shape.
fn fitted(wide: u32, high: u32, width: u32) -> (u32, u32) {
    let (most_wide, most_high) = (u64::from(width), u64::from(width * TALLEST));
    let (wide, high) = (u64::from(wide), u64::from(high));
    let rounded = |side: u64, by: u64, of: u64| ((side * by + of / 2) / of).max(1);
    let (new_wide, new_high) = if wide * most_high >= high * most_wide {
        (most_wide, rounded(high, most_wide, wide))
    } else {
        (rounded(wide, most_high, high), most_high)
    };
    let side = |side: u64| u32::try_from(side).unwrap_or(width);
    (side(new_wide), side(new_high))
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, Rgba};

    use super::*;

    /// Red at its left, green at its right, blue at its foot.
    fn scene(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            if y > height / 2 {
                Rgb([0, 0, 250])
            } else if x < width / 2 {
                Rgb([250, 0, 0])
            } else {
                Rgb([0, 250, 0])
            }
        }))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn read(made: &Encoded) -> DynamicImage {
        image::load_from_memory(&made.bytes).unwrap()
    }

    fn size(made: &Encoded) -> (u32, u32) {
        (read(made).width(), read(made).height())
    }

    /// A JPEG that notes how the camera was held, and where.
    fn held(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
        let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        tiff.extend([0x82, 0x98, 0, 2, 0, 0, 0, 4]);
        tiff.extend(b"Ada\0");
        tiff.extend([0, 0, 0, 0]);
        let jpeg = encoded(picture, ImageFormat::Jpeg);
        let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
        let mut bytes = jpeg[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend(length);
        bytes.extend(tiff);
        bytes.extend(&jpeg[2..]);
        bytes
    }

    #[test]
    fn the_next_width_above_is_served() {
        for (asked, served) in [(0, 96), (96, 96), (97, 320), (1281, 1920), (9999, 1920)] {
            assert_eq!(step(asked), served);
        }
    }

    #[test]
    fn nothing_is_enlarged_and_nothing_is_wider_than_asked_for() {
        for (wide, high, width, expected) in [
            (40, 30, 320, (40, 30)),
            (400, 300, 320, (320, 240)),
            (4000, 100, 320, (320, 8)),
            (100, 4000, 320, (16, 640)),
            (1000, 700, 96, (96, 67)),
        ] {
            let png = encoded(&scene(wide, high), ImageFormat::Png);
            let made = shrunk(&png, width).unwrap();
            assert_eq!((made.kind, size(&made)), (Kind::Jpeg, expected));
            assert_eq!(narrowed(&made, width), Ok(None));
        }
        let wide = shrunk(&encoded(&scene(700, 500), ImageFormat::WebP), WIDEST).unwrap();
        let narrow = narrowed(&wide, 96).unwrap().unwrap();
        assert_eq!(size(&narrow), (96, 69));
    }

    #[test]
    fn pictures_stand_upright_and_say_nothing_of_their_camera() {
        for (orientation, turned) in [(1, false), (3, false), (6, true), (8, true)] {
            let bytes = held(&scene(80, 40), orientation);
            assert!(bytes.windows(3).any(|part| part == b"Ada"));
            let made = shrunk(&bytes, 320).unwrap();
            assert_eq!(size(&made), if turned { (40, 80) } else { (80, 40) });
            for secret in [&b"Exif"[..], b"Ada"] {
                assert!(!made.bytes.windows(secret.len()).any(|part| part == secret));
            }
            // Where its red corner is now.
            let picture = read(&made).into_rgb8();
            let (right, below) = (picture.width() - 6, picture.height() - 6);
            let (x, y) = match orientation {
                1 => (5, 5),
                3 => (right, below),
                6 => (right, 5),
                _ => (5, below),
            };
            let Rgb([red, green, blue]) = *picture.get_pixel(x, y);
            assert!(red > 200 && green < 60 && blue < 60, "{orientation}");
        }
    }

    #[test]
    fn what_shines_through_goes_on_doing_so_and_bleeds_no_hidden_colour() {
        // Clear parts whose colour, if it counted, would be a bright green edge.
        let picture = RgbaImage::from_fn(400, 400, |x, _| {
            if x < 203 {
                Rgba([250, 0, 0, 255])
            } else {
                Rgba([0, 255, 0, 0])
            }
        });
        let png = encoded(&DynamicImage::ImageRgba8(picture), ImageFormat::Png);
        let made = shrunk(&png, 96).unwrap();
        assert_eq!(made.kind, Kind::Png);
        let small = read(&made).into_rgba8();
        assert_eq!(
            (small.get_pixel(95, 9).0[3], small.get_pixel(0, 9).0[3]),
            (0, 255)
        );
        assert!(
            small
                .pixels()
                .all(|pixel| pixel.0[1] < 40 || pixel.0[3] == 0)
        );
        // What could, but does not, shine through needs no PNG.
        let opaque = RgbaImage::from_pixel(40, 40, Rgba([9, 9, 9, 255]));
        let png = encoded(&DynamicImage::ImageRgba8(opaque), ImageFormat::Png);
        assert_eq!(shrunk(&png, 96).unwrap().kind, Kind::Jpeg);
    }

    #[test]
    fn of_what_moves_the_first_frame_is_taken() {
        let mut gif = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for light in [250_u8, 0] {
            let frame = RgbaImage::from_pixel(60, 40, Rgba([light, 0, 0, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
        drop(encoder);
        let still = read(&shrunk(&gif, 320).unwrap()).into_rgb8();
        assert_eq!(still.dimensions(), (60, 40));
        assert!(still.get_pixel(30, 20).0[0] > 200);
    }

    /// The head of a PNG that says it is so large.
    fn bomb(side: u32) -> Vec<u8> {
        let mut bytes = encoded(&scene(8, 8), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&side.to_be_bytes());
        bytes[20..24].copy_from_slice(&side.to_be_bytes());
        // The checksum of what was changed.
        let mut crc = u32::MAX;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            }
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        bytes
    }

    #[test]
    fn bombs_and_what_is_no_picture_are_refused() {
        assert_eq!(
            shrunk(&bomb(40_000), 96),
            Err(Unseen::TooLarge(40_000, 40_000))
        );
        let webp = encoded(&scene(90, 90), ImageFormat::WebP);
        assert_eq!(shrunk(&webp[..webp.len() / 2], 96), Err(Unseen::Damaged));
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        for bytes in [
            &b""[..],
            svg,
            b"<?xml version='1.0'?><svg/>",
            b"<!doctype html><p>x",
            b"II*\0........",
        ] {
            assert_eq!(shrunk(bytes, 96), Err(Unseen::NoPicture));
        }
    }

    /// With `--release --nocapture` the figures of docs/performance.md.
    #[test]
    fn how_long_it_takes() {
        let sides: &[(u32, u32)] = if cfg!(debug_assertions) {
            &[(400, 300)]
        } else {
            &[(400, 400), (1280, 960), (4000, 3000), (7700, 5190)]
        };
        for (wide, high) in sides {
            let noisy = RgbImage::from_fn(*wide, *high, |x, y| {
                let light =
                    |n: u32| u8::try_from((x * n / 7 + y * y / 97 + x * y / 131) % 256).unwrap();
                Rgb([light(1), light(2), light(3)])
            });
            let mut jpeg = Vec::new();
            JpegEncoder::new_with_quality(&mut jpeg, 85)
                .encode_image(&DynamicImage::ImageRgb8(noisy))
                .unwrap();
            let start = std::time::Instant::now();
            let picture = decode(&jpeg).unwrap();
            let (decoded, start) = (start.elapsed(), std::time::Instant::now());
            let small = resized(picture, WIDEST).unwrap();
            let (resized, start) = (start.elapsed(), std::time::Instant::now());
            let made = encode(&small).unwrap();
            let (encoded, start) = (start.elapsed(), std::time::Instant::now());
            let narrow = narrowed(&made, 640).unwrap();
            println!(
                "{wide}x{high} ({} KB): decode {decoded:.1?}, resize {resized:.1?}, encode {encoded:.1?} ({} KB); 640 from that {:.1?}",
                jpeg.len() / 1000,
                made.bytes.len() / 1000,
                start.elapsed(),
            );
            assert!(narrow.is_some() || *wide <= 640);
        }
    }
}
