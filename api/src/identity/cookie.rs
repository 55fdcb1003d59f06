//! The cookie that holds a browser's session: scripts cannot read it, and it stays on this site.

use axum::http::HeaderValue;
use time::OffsetDateTime;

use crate::{config::Origin, identity::viewer::SessionToken};

/// Its name.
pub const NAME: &str = "gage_session";

/// The cookie of a new session.
pub fn of_session(
    token: &SessionToken,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
    origin: &Origin,
) -> Option<HeaderValue> {
    let max_age_secs = (expires_at - now).whole_seconds().max(0);
    set(token.reveal(), max_age_secs, origin)
}

/// Takes the cookie away.
pub fn none(origin: &Origin) -> Option<HeaderValue> {
    set("", 0, origin)
}

fn set(value: &str, max_age_secs: i64, origin: &Origin) -> Option<HeaderValue> {
    let secure = if origin.is_secure() { "; Secure" } else { "" };
    let cookie = format!(
        "{NAME}={value}; Path=/; Max-Age={max_age_secs}; HttpOnly; SameSite=Strict{secure}"
    );
    let mut cookie = HeaderValue::from_str(&cookie).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn the_cookie_cannot_be_read_by_scripts_and_stays_on_this_site() {
        let token = SessionToken::from_client(TOKEN).unwrap();
        let (now, then) = (
            OffsetDateTime::UNIX_EPOCH,
            OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR,
        );
        let secure = Origin::parse("https://shop.example").unwrap();
        let cookie = of_session(&token, now, then, &secure).unwrap();
        assert_eq!(
            cookie.to_str().unwrap(),
            format!(
                "gage_session={TOKEN}; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure"
            )
        );
        assert!(cookie.is_sensitive());
    }
}
