import Setup
import Store

/// Where the daemon keeps its files: what the commands about the store are told first.
struct StoreOptions {
  static let usage = """
      --config FILE    the daemon's configuration (default: none)
      --state FOLDER   the daemon's state folder
                       (default: $XDG_STATE_HOME/samtal, or ~/.local/state/samtal)
    """

  private var configuration = Configuration()
  private var state = StateFolder.usual
  /// The database, where it is another than the daemon's.
  var database: String?
  /// The file with the audit log's head, where it is another than the daemon's.
  var head: String?

  /// Takes an option with its value; false for one that is none of these.
  mutating func take(_ option: String, _ value: String?) throws(CommandFailure) -> Bool {
    guard ["--config", "--state", "--database", "--head"].contains(option) else { return false }
    guard let value else { throw CommandFailure("\(option) wants a value", status: 2) }
    switch option {
    case "--config": configuration = try Self.read(value)
    case "--state": state = StateFolder(value)
    case "--database": database = value
    default: head = value
    }
    return true
  }

  /// The path of the database.
  var databasePath: String { database ?? state.path(configuration.storePath) }

  /// The file with the audit log's head, signed with `key`.
  func headFile(_ key: AuditKey) -> AuditHeadFile {
    AuditHeadFile(path: head ?? state.path(configuration.auditHead), key: key)
  }

  /// The key of the audit log.
  func auditKey() throws(CommandFailure) -> AuditKey {
    let path = state.path(configuration.storeSecrets)
    do {
      guard let key = try Secrets(path: path).audit.flatMap(AuditKey.init) else {
        throw SetupMistake(file: path, reason: "has no key for the audit log")
      }
      return key
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private static func read(_ file: String) throws(CommandFailure) -> Configuration {
    let text: String
    do throws(SetupMistake) {
      text = try TextFile.read(file)
    } catch {
      throw CommandFailure(error.description)
    }
    let (configuration, mistakes) = Configuration.parse(text, file: file)
    guard mistakes.isEmpty else {
      throw CommandFailure(mistakes.map(\.description).joined(separator: "\n"))
    }
    return configuration
  }
}

/// Why a command ends without having done what it was asked to.
struct CommandFailure: Error {
  /// For the operator.
  let message: String
  /// The process's exit status: 1, or 2 where the command line makes no sense.
  let status: Int32

  init(_ message: String, status: Int32 = 1) {
    self.message = message
    self.status = status
  }
}
