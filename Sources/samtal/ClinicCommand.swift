import Glibc
import Primitives
import Runtime
import Setup
import Visits

/// `samtal clinic add`: names one more clinic in the operator's files, with a key of its own.
enum ClinicCommand {
  static let usage = """
    usage: samtal clinic add --name NAME --config FILE [--clinic CLINIC] [--state FOLDER]

      --name NAME        the name that everybody who knocks is shown
      --clinic CLINIC    its identifier, cli_… (default: drawn)
      --config FILE      the configuration that the clinic is added to
      --state FOLDER     the daemon's state folder (default: as for samtald)

    Adds the clinic to the configuration, and a key for its tokens and one for its webhooks to the
    file with the keys. Prints what the clinic's own system has to know; hand it over in secret.
    The daemon serves the clinic from its next start.
    """

  static func run(_ arguments: [String]) throws {
    guard arguments.first == "add" else {
      throw CommandOptions.Mistake(description: "the one thing to do is 'add'")
    }
    let options = try CommandOptions(
      Array(arguments.dropFirst()), single: ["--name", "--clinic", "--config", "--state"])
    let file = try options.required("--config")
    let name = try options.required("--name")
    var random = RandomSource(seed: KernelRandom.seed())
    let drawn = ClinicID(random: &random)
    let clinic =
      try options.read("--clinic", "an identifier as cli_north") { ClinicID($0) } ?? drawn
    let site = try OperatorSite(options)
    let configuration = "\nclinic.\(clinic): \(name)\n"
    let keyID = clinic.text + "-1"
    let token = Secrets.freshKey()
    let webhook = Secrets.freshKey()
    let secrets = """

      token.\(keyID): \(clinic) \(token)
      webhook.\(clinic): \(webhook)

      """
    // Both files are written only where both will be read again.
    let path = site.state.path(site.configuration.storeSecrets)
    let (_, mistakes) = Configuration.parse(
      try TextFile.read(file) + configuration, file: file)
    if let first = mistakes.first { throw first }
    _ = try Secrets(text: try TextFile.read(path, isPrivate: true) + secrets, path: path)
    try TextFile.append(secrets, to: path)
    try TextFile.append(configuration, to: file)
    print(
      """
      clinic:  \(clinic)
      key id:  \(keyID)
      key:     \(token)
      webhook: \(webhook)
      """)
  }
}
