//! What a picture looks like: foreign bytes to a fingerprint, within bounds. Pure, and slow: not for an async thread.
//!
//! The fingerprint is a perceptual hash: the signs of a picture's lowest 64 frequencies against their median, as pHash does
//! (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), by the crate `image_hasher`.

use image::DynamicImage;
use image::imageops::FilterType;
use image_hasher::{HashAlg, HasherConfig};

use super::decode::{Unseen, decode};
use crate::post::PictureHash;

/// A picture whose lightest and darkest parts lie closer, of 255, is one colour, and like every other one.
const LEAST_CONTRAST: u8 = 12;

/// What a picture looks like; `None` where it is of one colour. Of a moving one the first frame.
///
/// # Errors
/// Why it cannot be looked at.
pub fn look(bytes: &[u8]) -> Result<Option<PictureHash>, Unseen> {
    let picture = decode(bytes)?;
    Ok(hash(&picture))
}

fn hash(picture: &DynamicImage) -> Option<PictureHash> {
    let small = picture
        .resize_exact(16, 16, FilterType::Triangle)
        .to_luma8();
    let (darkest, lightest) = (small.iter().min()?, small.iter().max()?);
    if lightest - darkest < LEAST_CONTRAST {
        return None;
    }
    let hasher = HasherConfig::new()
        .hash_alg(HashAlg::Median)
        .preproc_dct()
        .hash_size(8, 8)
        .resize_filter(FilterType::Triangle)
        .to_hasher();
    let bits = hasher.hash_image(picture);
    let bits: [u8; 8] = bits.as_bytes().try_into().ok()?;
    Some(PictureHash(u64::from_be_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;
    use proptest::prelude::*;

    use super::*;
    use crate::wall::assessing::ALIKE;

    /// A picture of some shapes on a gradient, the same for the same seed.
    fn scene(seed: u32, side: u32) -> DynamicImage {
        let mix = |n: u32| {
            let n = (n ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
            let n = (n ^ (n >> 13)).wrapping_mul(0xc2b2_ae35);
            n ^ (n >> 16)
        };
        let part = |n: u32| (mix(n) % 1000) as f32 / 1000.0;
        let picture = image::RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as f32 / side as f32, y as f32 / side as f32);
            let mut light = 0.3 + 0.4 * (x * part(1) + y * part(2));
            for shape in 0..8 {
                let at = shape * 10 + 3;
                let (dx, dy) = ((x - part(at)).abs(), (y - part(at + 1)).abs());
                let within = if mix(at + 2).is_multiple_of(2) {
                    dx < 0.05 + part(at + 3) * 0.2 && dy < 0.05 + part(at + 4) * 0.2
                } else {
                    dx.hypot(dy) < 0.05 + part(at + 3) * 0.2
                };
                if within {
                    light = part(at + 5);
                }
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a light from 0 to 1"
            )]
            let value = (light.clamp(0.0, 1.0) * 255.0) as u8;
            image::Rgb([value, value.wrapping_add(9), value / 2])
        });
        DynamicImage::ImageRgb8(picture)
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        picture.write_with_encoder(encoder).unwrap();
        bytes
    }

    fn seen(bytes: &[u8]) -> PictureHash {
        look(bytes).unwrap().expect("it has shapes")
    }

    /// What people do to a picture before they post it again.
    fn transformed(picture: &DynamicImage) -> Vec<(&'static str, Vec<u8>)> {
        let side = picture.width();
        let scaled = picture.resize_exact(side / 3, side / 3, FilterType::Lanczos3);
        let edge = side / 40;
        let cropped = picture.crop_imm(edge, edge, side - 2 * edge, side - 2 * edge);
        vec![
            ("rescaled", encoded(&scaled, ImageFormat::Png)),
            ("recompressed", jpeg(picture, 30)),
            ("cropped 5 %", jpeg(&cropped, 85)),
            ("brighter", jpeg(&picture.brighten(30), 85)),
        ]
    }

    /// With `--nocapture` the figures of docs/moderation.md.
    #[test]
    fn what_was_changed_is_found_and_others_are_not() {
        const MANY: u32 = 60;
        let scenes: Vec<DynamicImage> = (1..=MANY).map(|seed| scene(seed, 240)).collect();
        let hashes: Vec<PictureHash> = (scenes.iter())
            .map(|scene| seen(&encoded(scene, ImageFormat::Png)))
            .collect();
        let mut distances = std::collections::BTreeMap::<&str, Vec<u32>>::new();
        for (scene, hash) in scenes.iter().zip(&hashes) {
            for (how, bytes) in transformed(scene) {
                let distance = seen(&bytes).distance(*hash);
                distances.entry(how).or_default().push(distance);
            }
        }
        let pairs = hashes
            .iter()
            .enumerate()
            .flat_map(|(at, one)| hashes[..at].iter().map(|other| one.distance(*other)));
        let pairs: Vec<u32> = pairs.collect();
        for bound in [4, 6, 8, 10, 12, 14, 16] {
            let share = |all: &[u32]| {
                all.iter().filter(|bits| **bits <= bound).count() as f64 / all.len() as f64
            };
            let found = distances.iter().map(|(how, all)| (*how, share(all)));
            let found: Vec<_> = found.collect();
            println!("{bound}: {found:.3?}, false pairs {:.5}", share(&pairs));
        }
        let share = |all: &[u32]| {
            all.iter().filter(|bits| **bits <= ALIKE).count() as f64 / all.len() as f64
        };
        for (how, all) in &distances {
            assert!(share(all) > 0.85, "{how}: {}", share(all));
        }
        assert!(share(&pairs) < 0.002, "{}", share(&pairs));
    }

    #[test]
    fn all_formats_are_read_and_one_colour_is_like_nothing() {
        let picture = scene(7, 120);
        let png = seen(&encoded(&picture, ImageFormat::Png));
        for format in [ImageFormat::Gif, ImageFormat::Jpeg, ImageFormat::WebP] {
            let distance = seen(&encoded(&picture, format)).distance(png);
            assert!(distance <= ALIKE, "{format:?}: {distance}");
        }
        let plain = DynamicImage::new_rgb8(50, 50);
        assert_eq!(look(&encoded(&plain, ImageFormat::Png)), Ok(None));
    }

    #[test]
    fn what_is_no_picture_is_damaged_or_would_fill_memory_is_not_decoded() {
        assert_eq!(look(b""), Err(Unseen::NoPicture));
        assert_eq!(look(b"<!doctype html><p>hello"), Err(Unseen::NoPicture));
        assert_eq!(look(b"BM000000000000000000"), Err(Unseen::NoPicture));
        let png = encoded(&scene(3, 60), ImageFormat::Png);
        assert_eq!(look(&png[..png.len() / 2]), Err(Unseen::Damaged));
        assert_eq!(
            look(&bomb(60_000, 60_000)),
            Err(Unseen::TooLarge(60_000, 60_000))
        );
        assert_eq!(
            look(&bomb(16_000, 16_000)),
            Err(Unseen::TooLarge(16_000, 16_000))
        );
    }

    /// The head of a GIF that says it is so large.
    fn bomb(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend([0, 0, 0, 0x2c, 0, 0, 0, 0]);
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend([0, 2, 0, 0x3b]);
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_damage_makes_it_panic(at in 0.0..1.0_f64, with in any::<u8>(), which in 0..4_usize) {
            let formats = [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Jpeg, ImageFormat::WebP];
            let mut bytes = encoded(&scene(5, 24), formats[which]);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a place within the picture"
            )]
            let place = (at * bytes.len() as f64) as usize;
            bytes[place] = with;
            drop(look(&bytes));
        }
    }
}
