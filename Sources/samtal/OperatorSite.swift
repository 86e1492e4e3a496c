import Engine
import Primitives
import Security
import Setup
import Visits

/// What the operator's files on this machine say, as the daemon reads them.
struct OperatorSite {
  /// The options that every command on a site has.
  static let options: Set<String> = ["--config", "--state"]
  /// What they mean, for usage texts.
  static let usage = """
      --config FILE      the daemon's configuration (default: what holds without one)
      --state FOLDER     the daemon's state folder (default: as for samtald)
    """

  let configuration: Configuration
  let state: StateFolder
  let secrets: Secrets

  /// Reads the files that the options name.
  init(_ options: CommandOptions) throws {
    if let file = options["--config"] {
      let (read, mistakes) = Configuration.parse(try TextFile.read(file), file: file)
      if let first = mistakes.first { throw first }
      configuration = read
    } else {
      configuration = Configuration()
    }
    state = options["--state"].map(StateFolder.init) ?? .usual
    secrets = try Secrets(path: state.path(configuration.storeSecrets))
  }

  /// The key to sign with: the one of that name, or else the one key that can sign, of the clinic
  /// where one is named, and not the demo's where there are others.
  func signingKey(
    named name: String?, clinic: ClinicID?
  ) throws(CommandOptions.Mistake) -> ControlConfiguration.ClinicKey {
    let fitting = secrets.keys.filter { entry in
      entry.key.canSign && (name == nil || entry.key.id == name)
        && (clinic == nil || entry.clinic == clinic)
    }
    let others = fitting.filter { $0.key.id != DemoClinic.keyID }
    let choice = fitting.count > 1 ? others : fitting
    guard let only = choice.first, choice.count == 1 else {
      let what = choice.isEmpty ? "no key that can sign fits" : "more than one key fits"
      throw CommandOptions.Mistake(description: "\(what): choose with --key and --clinic")
    }
    return only
  }
}
