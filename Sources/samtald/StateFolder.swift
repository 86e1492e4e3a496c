import Glibc

/// The folder in which the daemon keeps what outlives it.
struct StateFolder {
  private let root: String

  /// Opens a folder, or makes it, parents included, for this user alone.
  init(_ root: String) throws(StartFailure) {
    self.root = root
    var path = root.hasPrefix("/") ? "/" : ""
    for part in root.split(separator: "/") {
      path += part + "/"
      if mkdir(path, 0o700) != 0, errno != EEXIST {
        throw StartFailure("\(path): \(String(cString: strerror(errno)))")
      }
    }
  }

  /// The folder where none is named: `$XDG_STATE_HOME/samtal`, or `~/.local/state/samtal`.
  static var usual: String {
    if let state = getenv("XDG_STATE_HOME") { return String(cString: state) + "/samtal" }
    let home = getenv("HOME").map { String(cString: $0) } ?? "."
    return home + "/.local/state/samtal"
  }

  /// A path as the configuration names it: one that is not absolute starts here.
  func path(_ path: String) -> String { path.hasPrefix("/") ? path : root + "/" + path }
}
