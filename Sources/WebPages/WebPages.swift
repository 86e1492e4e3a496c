/// The client module and the reference pages, as files in the program itself.
///
/// The daemon serves them as they are: it needs no folder beside it, and no path from a request
/// ever reaches a file system.
public enum WebPages {
  /// One file as it goes over HTTP.
  public struct Page: Sendable {
    /// The value of `Content-Type`.
    public let contentType: String
    /// The whole body.
    public let bytes: [UInt8]
  }

  /// Headers that go with every page: nothing inline runs, nothing foreign is asked, and no
  /// address of ours is told to others.
  public static let headers: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"
    ),
    ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-cache"),
  ]

  /// Every page by the path it is served at.
  public static let all: [String: Page] = [
    "/": html(PackageResources.index_html),
    "/call": html(PackageResources.call_html),
    "/style.css": Page(contentType: "text/css; charset=utf-8", bytes: PackageResources.style_css),
    "/samtal.js": script(PackageResources.samtal_js),
    "/samtal-media.js": script(PackageResources.samtal_media_js),
    "/call.js": script(PackageResources.call_js),
    "/devices.js": script(PackageResources.devices_js),
    "/door.js": script(PackageResources.door_js),
    "/texts.js": script(PackageResources.texts_js),
    "/view.js": script(PackageResources.view_js),
    "/v1/openapi.json": Page(
      contentType: "application/json", bytes: PackageResources.openapi_json),
  ]

  /// The page at a path, which is compared byte for byte: no decoding, no `..`, no query.
  public static func page(at path: String) -> Page? { all[path] }

  private static func html(_ bytes: [UInt8]) -> Page {
    Page(contentType: "text/html; charset=utf-8", bytes: bytes)
  }

  private static func script(_ bytes: [UInt8]) -> Page {
    Page(contentType: "text/javascript; charset=utf-8", bytes: bytes)
  }
}
