//! What is made of files, good and bad.

use gage_application::ports::images::ImageSize::{Large, Medium, Small};
use image::{
    ExtendedColorType, ImageEncoder as _, Rgb, RgbImage, Rgba,
    codecs::{png::PngEncoder, webp::WebPEncoder},
};
use proptest::prelude::*;

use super::*;

/// Left half one colour, right half another.
fn two_halves(width: u32, height: u32, left: [u8; 3], right: [u8; 3]) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        Rgb(if x < width / 2 { left } else { right })
    })
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    PngEncoder::new(&mut bytes)
        .write_image(picture, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    written(&DynamicImage::ImageRgb8(picture.clone())).unwrap()
}

fn webp(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(picture, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A JPEG with an EXIF block (JEITA CP-3451) that says how the camera was held, and where.
fn jpeg_with_exif(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend(b"\x01\x0e\0\x02\0\0\0\x10\0\0\0\x26\0\0\0\0");
    exif.extend(b"37.5665N126.978E");
    let mut bytes = jpeg(picture);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let block: Vec<u8> = [0xff, 0xe1].into_iter().chain(length).chain(exif).collect();
    bytes.splice(2..2, block);
    bytes
}

fn shown(rendition: &Rendition) -> RgbImage {
    image::load_from_memory_with_format(&rendition.jpeg, ImageFormat::Jpeg)
        .unwrap()
        .into_rgb8()
}

/// JPEG loses a little.
fn is_about(pixel: Rgb<u8>, expected: [u8; 3]) -> bool {
    let far = |(&channel, expected): (&u8, u8)| channel.abs_diff(expected) > 6;
    !pixel.0.iter().zip(expected).any(far)
}

fn dimensions(renditions: &[Rendition]) -> Vec<(ImageSize, u32, u32)> {
    renditions
        .iter()
        .map(|made| (made.size, made.width, made.height))
        .collect()
}

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [30, 30, 200];

#[test]
fn each_kind_is_made_into_three_sizes_that_show_the_same() {
    let picture = two_halves(2_600, 1_300, RED, BLUE);
    for given in [png(&picture), jpeg(&picture), webp(&picture)] {
        let made = renditions(&given).unwrap();
        let expected = vec![(Large, 1280, 640), (Medium, 640, 320), (Small, 320, 160)];
        assert_eq!(dimensions(&made), expected);
        for rendition in &made {
            let shown = shown(rendition);
            assert_eq!(shown.dimensions(), (rendition.width, rendition.height));
            assert!(is_about(*shown.get_pixel(rendition.width / 4, 10), RED));
            assert!(is_about(
                *shown.get_pixel(rendition.width * 3 / 4, 10),
                BLUE
            ));
        }
    }
}

#[test]
fn a_small_picture_is_not_made_larger() {
    let made = renditions(&png(&two_halves(400, 100, RED, BLUE))).unwrap();
    let expected = vec![(Large, 400, 100), (Medium, 400, 100), (Small, 320, 80)];
    assert_eq!(dimensions(&made), expected);
}

#[test]
fn a_picture_of_a_camera_that_was_held_askew_stands_upright_and_says_nothing_of_the_place() {
    let given = jpeg_with_exif(&two_halves(400, 200, RED, BLUE), 6);
    let place = b"37.5665N";
    let tells = |bytes: &[u8]| bytes.windows(place.len()).any(|part| part == place);
    assert!(tells(&given));
    let made = renditions(&given).unwrap();
    // Turned by a quarter: what was left is above.
    let expected = vec![(Large, 200, 400), (Medium, 200, 400), (Small, 160, 320)];
    assert_eq!(dimensions(&made), expected);
    let shown = shown(&made[0]);
    assert!(is_about(*shown.get_pixel(100, 50), RED));
    assert!(is_about(*shown.get_pixel(100, 350), BLUE));
    for rendition in &made {
        assert!(!tells(&rendition.jpeg));
        assert!(!rendition.jpeg.windows(4).any(|part| part == b"Exif"));
    }
}

#[test]
fn what_is_transparent_becomes_white() {
    let clear = RgbaImage::from_fn(64, 64, |x, _| Rgba([0, 0, 0, if x < 32 { 0 } else { 255 }]));
    let mut given = Vec::new();
    PngEncoder::new(&mut given)
        .write_image(&clear, 64, 64, ExtendedColorType::Rgba8)
        .unwrap();
    let shown = shown(&renditions(&given).unwrap()[0]);
    assert!(is_about(*shown.get_pixel(10, 32), [255, 255, 255]));
    assert!(is_about(*shown.get_pixel(54, 32), [0, 0, 0]));
    assert_eq!(over_white(0, 128), 127);
}

#[test]
fn other_kinds_and_no_pictures_at_all_are_refused() {
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let page = b"<!doctype html><script>alert(1)</script>";
    for given in [
        &gif[..],
        svg,
        page,
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
    ] {
        let refused = renditions(given).err();
        assert_eq!(refused, Some(ImageRefusal::Unreadable));
    }
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let picture = two_halves(300, 300, RED, BLUE);
    for whole in [png(&picture), webp(&picture)] {
        let half = &whole[..whole.len() / 2];
        assert_eq!(renditions(half).err(), Some(ImageRefusal::Unreadable));
    }
}

/// A few bytes that claim to be a picture of gigabytes.
#[test]
fn a_decompression_bomb_is_refused_by_its_header() {
    let mut bomb = png(&two_halves(2, 2, RED, BLUE));
    bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    // A right checksum: it is the size that is refused.
    let checksum = crc(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    let (width, height) = (60_000, 60_000);
    let refused = renditions(&bomb).err();
    assert_eq!(refused, Some(ImageRefusal::TooManyPixels { width, height }));
}

/// CRC-32 as PNG has it (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_are_read_or_refused_and_nothing_else(
        kind in 0..3_usize,
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let picture = two_halves(40, 30, RED, BLUE);
        let mut given = [png(&picture), jpeg(&picture), webp(&picture)][kind].clone();
        for (place, byte) in damages {
            let place = place.index(given.len());
            given[place] = byte;
        }
        if let Ok(made) = renditions(&given) {
            prop_assert_eq!(made.len(), 3);
        }
    }

    #[test]
    fn every_picture_fits_its_square_and_keeps_its_shape(width in 1..1_500_u32, height in 1..1_500_u32) {
        let picture = DynamicImage::ImageRgb8(two_halves(width, height, RED, BLUE));
        let made = fitted(picture, 320);
        let (shown_width, shown_height) = (made.width(), made.height());
        prop_assert!(shown_width <= 320.min(width) && shown_height <= 320.min(height));
        prop_assert_eq!(
            shown_width.max(shown_height),
            320.min(width.max(height))
        );
    }
}
