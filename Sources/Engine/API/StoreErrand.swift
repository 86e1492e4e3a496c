import Primitives
import Signaling
import Visits

/// Something that the store does for a request of the HTTP API, beside the event log.
public enum StoreErrand: Equatable, Sendable {
  /// Reads a page of the audit log.
  case readAudit(AuditQuery)
  /// Puts something on record that is no event.
  case record(AuditEntry)
  /// Keeps an image, in place of the one before.
  case putImage(BackgroundImage)
  /// Reads an image.
  case getImage(ClinicID, BackgroundID)
  /// Keeps an image no more.
  case deleteImage(ClinicID, BackgroundID)
}

/// What the store answers to an errand.
public enum StoreAnswer: Equatable, Sendable {
  /// Rows of the audit log, oldest first.
  case audit([AuditLine])
  /// An image; nil where there is none.
  case image(BackgroundImage?)
  /// It is done, and on disk.
  case done
  /// The store cannot at the moment.
  case failed
}

/// A row of the audit log, as it is read.
public struct AuditLine: Equatable, Sendable {
  /// Its place: from 1, without gaps over all clinics.
  public var number: Int64
  /// What it says.
  public var entry: AuditEntry

  /// Joins the two.
  public init(number: Int64, entry: AuditEntry) {
    self.number = number
    self.entry = entry
  }
}

/// An image that people of a clinic can put behind themselves.
public struct BackgroundImage: Equatable, Sendable {
  /// The form of an image.
  public enum Form: String, Sendable, CaseIterable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case webp = "image/webp"
  }

  /// Whose it is.
  public let clinic: ClinicID
  /// Its identifier, which the clinic has chosen.
  public let id: BackgroundID
  /// Its form.
  public let form: Form
  /// The image; at most `Limits.backgroundBytes`.
  public let bytes: [UInt8]

  /// Joins the parts; nil where the bytes do not begin as that form does.
  public init?(clinic: ClinicID, id: BackgroundID, form: Form, bytes: [UInt8]) {
    let isOfForm =
      switch form {
      case .jpeg: bytes.starts(with: [0xFF, 0xD8, 0xFF])
      case .png: bytes.starts(with: [0x89] + Array("PNG\r\n\u{1A}\n".utf8))
      case .webp: bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
      }
    guard isOfForm else { return nil }
    self.clinic = clinic
    self.id = id
    self.form = form
    self.bytes = bytes
  }
}
