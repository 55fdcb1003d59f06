//! From a file that anyone made to pictures that we made: read within bounds, written anew.
//!
//! Of the file nothing remains but what it shows: metadata, profiles and whatever hides behind
//! the picture are gone, since only pixels cross over.

use std::io::Cursor;

use gage_application::ports::images::{ImageRefusal, ImageSize, MAX_IMAGE_PIXELS};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};

/// Bytes of a pixel, at most: what has more is held against the bound of pixels as if it had
/// more of them.
const PIXEL_BYTES: u64 = 4;
/// Bytes that a decoder may take beside the picture: for metadata that it unpacks.
const ASIDE_BYTES: u64 = 16 * 1024 * 1024;
/// Of JPEG, 1 to 100: beyond it files grow and nobody sees why.
const QUALITY: u8 = 85;
/// What is larger than so many times the size is first averaged, which costs little.
const AVERAGED_FROM: u32 = 2;

/// An image in one size.
pub(super) struct Rendition {
    pub(super) size: ImageSize,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) jpeg: Vec<u8>,
}

/// The image in every size, the largest first.
///
/// # Errors
/// It is not one of ours, not whole, or too large.
pub(super) fn renditions(given: &[u8]) -> Result<Vec<Rendition>, ImageRefusal> {
    let mut picture = on_white(read(given)?);
    let mut renditions = Vec::with_capacity(ImageSize::ALL.len());
    for size in ImageSize::ALL {
        picture = fitted(picture, size.side());
        renditions.push(Rendition {
            size,
            width: picture.width(),
            height: picture.height(),
            jpeg: written(&picture)?,
        });
    }
    Ok(renditions)
}

fn read(given: &[u8]) -> Result<DynamicImage, ImageRefusal> {
    let mut reader = ImageReader::new(Cursor::new(given));
    reader.set_format(format_of(given)?);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_IMAGE_PIXELS * PIXEL_BYTES + ASIDE_BYTES);
    reader.limits(limits);
    let mut decoder = reader
        .into_decoder()
        .map_err(|_| ImageRefusal::Unreadable)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(ImageRefusal::Unreadable);
    }
    if decoder.total_bytes() > MAX_IMAGE_PIXELS * PIXEL_BYTES
        || u64::from(width) * u64::from(height) > MAX_IMAGE_PIXELS
    {
        return Err(ImageRefusal::TooManyPixels { width, height });
    }
    // Cameras write how they were held; one that writes nonsense was held upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| ImageRefusal::Unreadable)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// What the first bytes say it is; what the client says does not count.
fn format_of(given: &[u8]) -> Result<ImageFormat, ImageRefusal> {
    match image::guess_format(given) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => Ok(format),
        Ok(_) | Err(_) => Err(ImageRefusal::Unreadable),
    }
}

/// JPEG knows no transparency: what shines through is white, as in a shop's catalogue.
fn on_white(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let mut picture: RgbaImage = picture.into_rgba8();
    for pixel in picture.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let over = |channel| over_white(channel, alpha);
        pixel.0 = [over(red), over(green), over(blue), u8::MAX];
    }
    DynamicImage::ImageRgba8(picture)
}

/// A channel of a pixel that covers white to `alpha` 255ths, rounded to the nearest.
fn over_white(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (u32::from(channel), u32::from(alpha));
    let sum = channel * alpha + 255 * (255 - alpha);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

/// The picture, made as small as a square of this side needs it.
fn fitted(picture: DynamicImage, side: u32) -> DynamicImage {
    let longest = picture.width().max(picture.height());
    if longest <= side {
        return picture;
    }
    let averaged = side * AVERAGED_FROM;
    let picture = if longest > averaged {
        picture.thumbnail(averaged, averaged)
    } else {
        picture
    };
    picture.resize(side, side, FilterType::CatmullRom)
}

fn written(picture: &DynamicImage) -> Result<Vec<u8>, ImageRefusal> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&picture.to_rgb8())
        // Only a picture without extent cannot be written, and none such is read.
        .map_err(|_| ImageRefusal::Unreadable)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests;
