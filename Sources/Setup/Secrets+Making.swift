import Engine
import Glibc
import Primitives
import Runtime

extension Secrets {
  /// Reads the file at `path`; makes it, or the keys that it lacks, with fresh ones. What is the
  /// state's own is made once and never again: with another key no link works any more.
  public static func loadOrMake(path: String) throws(SetupMistake) -> Secrets {
    if access(path, F_OK) != 0, errno == ENOENT {
      let demo = DemoClinic()
      try TextFile.append(
        """
        # Keys of samtald. Whoever has them can make links and tokens. Keep a copy in a safe place.
        links: \(freshKey())
        audit: \(freshKey())
        token.\(DemoClinic.keyID): \(demo.clinic) \(freshKey())

        """, to: path, isNew: true)
    }
    let found = try Secrets(path: path)
    guard found.audit == nil else { return found }
    try TextFile.append("\naudit: \(freshKey())\n", to: path)
    return try Secrets(path: path)
  }

  /// A key as it stands in the file: 32 random bytes in base64url.
  public static func freshKey() -> String { Base64.encodeURL(KernelRandom.bytes(32)) }
}
