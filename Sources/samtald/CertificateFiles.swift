import Glibc
import Setup

/// The certificate's and the key's file, watched for change.
final class CertificateFiles {
  /// What changes when a file is replaced or written.
  private struct Stamp: Equatable {
    var inode: UInt64
    var seconds: Int
    var nanoseconds: Int
  }

  private let paths: [String]
  private var stamps: [Stamp?]

  /// Those of the configuration; none is fine.
  init(_ configuration: Configuration) {
    paths = [configuration.httpCertificate, configuration.httpKey].compactMap { $0 }
    stamps = paths.map(Self.stamp)
  }

  /// Whether one of them is another than at the last call. A file that is away for a moment, while
  /// it is replaced, has not changed yet.
  func haveChanged() -> Bool {
    let present = paths.map(Self.stamp)
    guard present != stamps, !present.contains(nil) else { return false }
    stamps = present
    return true
  }

  private static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Stamp(
      inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}
