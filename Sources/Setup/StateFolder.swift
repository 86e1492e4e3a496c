import Glibc

/// The folder in which the daemon keeps what outlives it.
public struct StateFolder: Sendable {
  private let root: String

  /// A folder that is there, or nothing is kept in yet.
  public init(_ root: String) { self.root = root }

  /// Makes the folder where it is missing, parents included, for this user alone.
  public func make() throws(SetupMistake) {
    var path = root.hasPrefix("/") ? "/" : ""
    for part in root.split(separator: "/") {
      path += part + "/"
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw TextFile.last(path) }
    }
  }

  /// The folder where none is named: `$XDG_STATE_HOME/samtal`, or `~/.local/state/samtal`.
  public static var usual: StateFolder {
    if let state = getenv("XDG_STATE_HOME") {
      return StateFolder(String(cString: state) + "/samtal")
    }
    let home = getenv("HOME").map { String(cString: $0) } ?? "."
    return StateFolder(home + "/.local/state/samtal")
  }

  /// A path as the configuration names it: one that is not absolute starts here.
  public func path(_ path: String) -> String { path.hasPrefix("/") ? path : root + "/" + path }
}
